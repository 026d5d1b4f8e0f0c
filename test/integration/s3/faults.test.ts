import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connect as reach } from '../../../backends/s3/connect.ts'
import { openS3, type S3Options } from '../../../backends/s3/s3.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { isCode } from '../../../src/core/error.ts'
import { ROOT, vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, content, dying, names, text } from '../../contract/support.ts'
import { noise } from '../../support/content.ts'
import { CuttingProxy } from '../../support/cutting-proxy.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

let server: S3Server
beforeEach(needsS3)
beforeAll(async () => void (server = await S3Server.start()))
afterAll(() => server[Symbol.asyncDispose]())

const MIB = 1 << 20
const whole = (size: number, seed = 1): Promise<Buffer> => content(noise(size, seed))

test('a content of many parts and unknown length arrives whole, also in ranges over the border of parts', async () => {
  await using backend = await server.backend()
  const bytes = await whole(41 * MIB + 7)
  const stat = await backend.write(p('/big'), bytesOf(bytes))
  expect(stat.size).toBe(bytes.length)
  expect(await backend.matches(p('/big'), stat.etag)).toBe(true)
  expect((await content(backend.read(p('/big')))).equals(bytes)).toBe(true)
  const range = { offset: 8 * MIB - 5, length: 17 * MIB }
  expect((await content(backend.read(p('/big'), range))).equals(bytes.subarray(range.offset, range.offset + range.length))).toBe(true)
})

test('a source that dies in the middle of the parts leaves no upload behind', async () => {
  const options = await server.options()
  await using backend = await openS3(options)
  expect(await codeOf(backend.write(p('/big'), dying(await whole(20 * MIB))))).toBe('SOURCE_FAILED')
  expect(await left(options)).toEqual([])
  expect(await Array.fromAsync(backend.list(ROOT))).toEqual([])
})

test('an upload whose process died is swept by the recovery of its change', async () => {
  const options = await server.options()
  await using backend = await openS3(options)
  const bucket = reach(options)
  await bucket.part('f', await bucket.begin('f', 'c1', {}), 1, Buffer.from('half'), {})
  bucket.close()
  expect(await left(options)).toHaveLength(1)
  expect(await backend.discard(p('/f'), 'c1')).toBe(true)
  expect(await left(options)).toEqual([])
})

test('connections that are cut anywhere: what is read is whole, what is written is whole or not there', async () => {
  const options = await server.options()
  const bytes = await whole(10 * MIB)
  {
    await using backend = await openS3(options)
    await backend.write(p('/given'), bytesOf(bytes))
  }
  await using proxy = await CuttingProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  proxy.cutting = true
  for (let i = 0; i < 12; i++) {
    const read = await content(backend.read(p('/given'))).catch((error: unknown) => error)
    expect(read instanceof Buffer ? read.equals(bytes) : isCode(read, 'UNAVAILABLE', 'TIMEOUT')).toBe(true)
    const written = await codeOf(backend.write(p(`/new${i}`), bytesOf(bytes)))
    expect(['none', 'UNAVAILABLE', 'OUTCOME_UNKNOWN', 'TIMEOUT', 'CONFLICT']).toContain(written)
  }
  expect(proxy.cuts).toBeGreaterThan(5)
  proxy.cutting = false
  await using direct = await openS3(options)
  for await (const { name } of direct.list(ROOT)) expect((await content(direct.read(p(`/${name}`)))).equals(bytes)).toBe(true)
})

test('an answer that is lost after the server has written is known by the change, not taken for a failure', async () => {
  const options = await server.options()
  await using proxy = await CuttingProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  await backend.write(p('/f'), bytesOf('before'))
  const { etag } = await backend.stat(p('/f'))
  proxy.swallow = 'PUT'
  const written = await backend.write(p('/f'), bytesOf('after'), { ifMatch: etag, id: 'c2' })
  expect(proxy.cuts).toBe(1)
  expect(await backend.matches(p('/f'), written.etag)).toBe(true)
  expect((await content(backend.read(p('/f')))).toString()).toBe('after')
})

test('a removal whose answer is lost took place, and what it removed lies aside and comes back', async () => {
  const options = await server.options()
  await using proxy = await CuttingProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  for (const name of ['/f', '/g']) await backend.write(p(name), bytesOf('content'))
  proxy.swallow = 'DELETE'
  await backend.trash?.put(p('/f'), 'c1')
  expect(proxy.cuts).toBe(1)
  expect(await names(backend, ROOT)).toEqual(['g'])
  await backend.trash?.back('c1', p('/f'))
  expect(await text(backend.read(p('/f')))).toBe('content')
  proxy.swallow = 'DELETE'
  await backend.remove(p('/g'), { ifMatch: (await backend.stat(p('/g'))).etag })
  expect(proxy.cuts).toBe(2)
  expect(await names(backend, ROOT)).toEqual(['f'])
})

test('a byte that changes on the way is found by the checksum, and what was read is not passed off as the file', async () => {
  const options = await server.options()
  await using proxy = await CuttingProxy.start(server.endpoint)
  await using backend = await openS3({ ...options, endpoint: proxy.endpoint })
  await backend.write(p('/f'), bytesOf('a'.repeat(1000)))
  proxy.damage = (bytes) => Buffer.from(bytes.toString('latin1').replace('aaaaa', 'aabaa'), 'latin1')
  expect(await codeOf(backend.read(p('/f')))).toBe('IO_ERROR')
  proxy.damage = undefined
  expect(await text(backend.read(p('/f')))).toBe('a'.repeat(1000))
})

test('two gateways on one bucket: one of twenty writers wins, and who takes whatever is there always does', async () => {
  const options = await server.options()
  await using one = await openS3(options)
  await using other = await openS3(options)
  const { etag } = await one.write(p('/f'), bytesOf('start'))
  const race = (ifMatch: string) =>
    Promise.all(Array.from({ length: 20 }, (_, i) => codeOf((i % 2 ? one : other).write(p('/f'), bytesOf(`writer ${i}`), { ifMatch }))))
  expect((await race(etag)).filter((end) => end !== 'CONFLICT')).toEqual(['none'])
  expect(new Set(await race('*'))).toEqual(new Set(['none']))
  await one.remove(p('/f'))
  expect(new Set(await race('*'))).toEqual(new Set(['CONFLICT']))
})

async function left(options: S3Options): Promise<string[]> {
  const bucket = reach(options)
  const uploads = await Promise.all(['big', 'f'].map((key) => bucket.uploads(key)))
  bucket.close()
  return uploads.flat()
}
