import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connect } from '../../../backends/s3/connect.ts'
import { Keys } from '../../../backends/s3/keys.ts'
import { probe } from '../../../backends/s3/probe.ts'
import { openS3 } from '../../../backends/s3/s3.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { ROOT, vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, names, text } from '../../contract/support.ts'
import { CountingProxy } from '../../support/counting-proxy.ts'
import { connect as connectTo } from '../../support/gateway.ts'
import { needs, RCLONE_S3, S3Server, VERSITY, VERSITY_VERSIONS } from '../../support/s3.ts'

describe.each([
  {
    program: VERSITY,
    found: {
      replacements: true,
      removals: true,
      creations: true,
      versions: false,
      copyConditions: false,
      checksums: true,
      anyName: false,
      slashes: true,
      ghosts: false,
    },
    compat: false,
  },
  {
    program: VERSITY_VERSIONS,
    found: {
      replacements: true,
      removals: true,
      creations: false,
      versions: true,
      copyConditions: false,
      checksums: true,
      anyName: false,
      slashes: true,
      ghosts: true,
    },
    compat: false,
  },
  {
    program: RCLONE_S3,
    found: {
      replacements: false,
      removals: false,
      creations: false,
      versions: false,
      copyConditions: false,
      checksums: false,
      anyName: true,
      slashes: false,
      ghosts: false,
    },
    compat: true,
  },
])('$program.program.name, versions: $found.versions', ({ program, found, compat }) => {
  let server: S3Server
  beforeEach(needs(program))
  beforeAll(async () => void (server = await S3Server.start(program)))
  afterAll(() => server[Symbol.asyncDispose]())

  test('is what the probe finds, which leaves nothing behind', async () => {
    const bucket = connect({ ...(await server.options()), compat })
    expect(await probe(bucket, new Keys())).toEqual({ writable: true, ...found })
    expect((await bucket.page({ prefix: '' })).objects).toEqual([])
    bucket.close()
  })

  test('keeps a folder that holds nothing, which the listing shows as that', async () => {
    await using backend = await server.backend()
    await backend.mkdir(p('/empty'))
    expect(await names(backend, ROOT)).toEqual(['empty'])
    expect(await names(backend, p('/empty'))).toEqual([])
    await backend.remove(p('/empty'))
    expect(await names(backend, ROOT)).toEqual([])
  })
})

describe('a gateway that may only read', () => {
  beforeEach(needs(VERSITY))

  test('writes nothing to the bucket, not even to find out what that can do', async () => {
    await using server = await S3Server.start(VERSITY)
    const { bucket, credentials } = await server.options()
    const direct = connect({ bucket, endpoint: server.endpoint, credentials })
    await direct.put('f', Buffer.from('content'), { change: 'another' })
    direct.close()
    await using proxy = await CountingProxy.start(server.endpoint)
    const options = { bucket, endpoint: proxy.endpoint, access_key_id: 'env:ID', secret_access_key: 'env:KEY' }
    await using session = await connectTo({
      env: { ID: credentials?.accessKeyId, KEY: credentials?.secretAccessKey },
      config: { read_only: true, backends: { far: { type: 's3', options } }, mounts: [{ path: '/far', backend: 'far' }] },
    })
    expect((await session.call('vfs_read', { path: '/far/f', raw: true })).text).toBe('content')
    expect((await session.call('vfs_ls', { path: '/far' })).result).toMatchObject({ entries: [{ name: 'f' }] })
    expect([proxy.requests > 2, proxy.writes]).toEqual([true, 0])
  })
})

describe('after one that was killed', () => {
  beforeEach(needs(VERSITY))

  test('what it left goes with a later one, but not what one may still use', async () => {
    await using server = await S3Server.start(VERSITY)
    const options = await server.options()
    const bucket = connect(options)
    for (const name of ['old', 'young']) await bucket.put(`.polymount/probe/${name}`, Buffer.from('x'), { change: 'probe' })
    const hoursAgo = new Date(Date.now() - 2 * 3_600_000)
    await utimes(join(server.buckets, options.bucket, '.polymount/probe/old'), hoursAgo, hoursAgo)
    await probe(bucket, new Keys())
    expect((await bucket.page({ prefix: '' })).objects.map(({ source }) => source.key)).toEqual(['.polymount/probe/young'])
    bucket.close()
  })
})

describe('a server that answers to a range with the checksum of the whole', () => {
  let server: S3Server
  beforeEach(needs(RCLONE_S3))
  beforeAll(async () => void (server = await S3Server.start(RCLONE_S3)))
  afterAll(() => server[Symbol.asyncDispose]())

  test('is read without checksums, and nobody has to say so', async () => {
    await using backend = await server.backend()
    await backend.write(p('/f'), bytesOf('hello world'))
    expect(await text(backend.read(p('/f'), { offset: 6, length: 3 }))).toBe('wor')
  })

  test('nor where nothing may be written', async () => {
    const options = await server.options()
    await using writing = await openS3(options)
    await writing.write(p('/f'), bytesOf('hello world'))
    await using reading = await openS3({ ...options, readOnly: true })
    expect(await text(reading.read(p('/f'), { offset: 6, length: 3 }))).toBe('wor')
  })

  test('is refused where a person asks for them', async () => {
    expect(await codeOf(openS3({ ...(await server.options()), compat: false }))).toBe('IO_ERROR')
  })
})
