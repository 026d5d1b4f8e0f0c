import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ConnectedGateway, connect } from '../../support/gateway.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

let server: S3Server
beforeEach(needsS3)
beforeEach(async () => void (server = await S3Server.start()))
afterEach(() => server[Symbol.asyncDispose]())

/** A bucket, and memory beside it. */
async function open(): Promise<ConnectedGateway> {
  const { bucket, endpoint, credentials } = await server.options()
  const options = { bucket, endpoint, access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' }
  return connect({
    env: { S3_ID: credentials?.accessKeyId, S3_KEY: credentials?.secretAccessKey },
    config: { backends: { bucket: { type: 's3', options }, memory: { type: 'memory' }, spare: { type: 'memory' } } },
  })
}

const store = (t: ConnectedGateway, backend: string, replicas: readonly string[]) => t.call('mbfs_store', { backend, key: 'k', content: 'hello', replicas })
const retrieve = (t: ConnectedGateway, backend: string) => t.call('mbfs_retrieve', { backend, key: 'k' })

test('while a server is down its replica serves, and what it holds counts again when it is back', async () => {
  await using t = await open()
  expect((await store(t, 'bucket', ['memory'])).result).toMatchObject({ failed: [] })
  await server.kill()
  expect((await retrieve(t, 'bucket')).result).toMatchObject({ content: 'hello', served_by: '/backends/memory/k', repaired: false })
  await server.restart()
  expect((await retrieve(t, 'bucket')).result).toMatchObject({ content: 'hello' })
})

test('a replica on a server that is down is told, and the others hold it', async () => {
  await using t = await open()
  await t.call('mbfs_list_content', { backend: 'bucket' })
  await server.kill()
  const { result } = await store(t, 'memory', ['bucket', 'spare'])
  expect(result).toMatchObject({ held_by: ['/backends/memory/k', '/backends/spare/k'], failed: [{ error_code: 'UNAVAILABLE' }] })
})
