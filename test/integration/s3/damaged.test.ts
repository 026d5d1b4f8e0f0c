import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connect as reach } from '../../../backends/s3/connect.ts'
import { FaultProxy } from '../../support/fault-proxy.ts'
import { connect } from '../../support/gateway.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

let server: S3Server
beforeEach(needsS3)
beforeAll(async () => void (server = await S3Server.start()))
afterAll(() => server[Symbol.asyncDispose]())

const MIB = 1 << 20

/** Of four parts of a read; what is damaged stands in the third. */
const CONTENT = Buffer.alloc(26 * MIB, 'a').fill('b', 20 * MIB, 20 * MIB + 64)
const damage = (bytes: Buffer): Buffer => (bytes.includes('bbbb') ? Buffer.from(bytes.toString('latin1').replace('bbbb', 'bbcb'), 'latin1') : bytes)

test.each([
  ['that was sent in parts, by the checksum of the whole', { foreign: false, compat: undefined }],
  ['of somebody else, by that too', { foreign: true, compat: undefined }],
  ['of a server without checksums, by what the journal knows of it', { foreign: false, compat: true }],
])('a byte that changes on the way is found in a large object %s', async (_, { foreign, compat }) => {
  const options = await server.options()
  await using proxy = await FaultProxy.start(server.endpoint)
  const { accessKeyId: ID, secretAccessKey: KEY } = options.credentials ?? { accessKeyId: '', secretAccessKey: '' }
  const given = { bucket: options.bucket, endpoint: proxy.endpoint, access_key_id: 'env:ID', secret_access_key: 'env:KEY', ...(compat && { compat }) }
  await using session = await connect({
    env: { ID, KEY },
    files: { given: CONTENT },
    config: { backends: { far: { type: 's3', options: given } }, mounts: [{ path: '/far', backend: 'far' }] },
  })
  const { work } = session
  const call = session.call.bind(session)
  await (foreign ? putDirectly() : call('vfs_copy', { from: `${work}/given`, to: '/far/f' }))
  proxy.damage = damage
  for (const tool of ['vfs_copy', 'vfs_move']) {
    expect([tool, (await call(tool, { from: '/far/f', to: `${work}/back` })).result]).toMatchObject([tool, { error_code: 'CONTENT_DAMAGED' }])
    expect(await readdir(work)).toEqual(['given'])
  }
  proxy.damage = undefined
  expect((await call('vfs_copy', { from: '/far/f', to: `${work}/back` })).ok).toBe(true)
  expect((await readFile(join(work, 'back'))).equals(CONTENT)).toBe(true)

  async function putDirectly(): Promise<void> {
    const bucket = reach(options)
    await bucket.put('f', CONTENT, { change: 'another' })
    bucket.close()
  }
})
