import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../support/content.ts'
import { type ConnectedGateway, connect } from '../../support/gateway.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

let server: S3Server
beforeEach(needsS3)
beforeEach(async () => void (server = await S3Server.start()))
afterEach(() => server[Symbol.asyncDispose]())

/** A bucket, and memory beside it. */
async function open(compat?: boolean): Promise<ConnectedGateway> {
  const { bucket, endpoint, credentials } = await server.options()
  const options = { bucket, endpoint, access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY', ...(compat && { compat }) }
  return connect({
    env: { S3_ID: credentials?.accessKeyId, S3_KEY: credentials?.secretAccessKey },
    config: {
      backends: {
        bucket: { type: 's3', options, cache_ms: 0 },
        far: { type: 's3', options: { ...options, prefix: 'far', endpoint: endpoint?.replace('127.0.0.1', 'localhost') } },
        memory: { type: 'memory' },
        spare: { type: 'memory' },
      },
    },
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

test.each([
  ['by its name alone', {}, '/backends/bucket/k'],
  ['under a mount', { mounts: [{ path: '/far', backend: 'bucket' }] }, '/far/k'],
])('a server that is down when a gateway starts is stood in for, too, %s', async (_, mounts, at) => {
  await using data = await temporaryFolder()
  const { bucket, endpoint, credentials } = await server.options()
  const options = { bucket, endpoint, access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' }
  const near = { type: 'local', options: { root: join(data.path, 'near') } }
  await mkdir(near.options.root)
  const gateway = {
    env: { S3_ID: credentials?.accessKeyId, S3_KEY: credentials?.secretAccessKey },
    config: { data_dir: join(data.path, 'data'), backends: { bucket: { type: 's3', options }, near }, ...mounts },
  }
  {
    await using t = await connect(gateway)
    expect((await store(t, 'bucket', ['near'])).result).toMatchObject({ held_by: [at, '/backends/near/k'], failed: [] })
    await t.call('mbfs_store', { backend: 'bucket', key: 'alone', content: 'x' })
  }
  await server.kill()
  await using t = await connect(gateway)
  expect((await retrieve(t, 'bucket')).result).toMatchObject({
    content: 'hello',
    served_by: '/backends/near/k',
    repaired: false,
    failed: [{ path: '/backends/bucket/k', error_code: 'UNAVAILABLE' }],
  })
  expect((await t.call('mbfs_retrieve', { backend: 'bucket', key: 'alone' })).result).toMatchObject({ error_code: 'UNAVAILABLE' })
  await writeFile(join(near.options.root, 'k'), 'other')
  expect((await retrieve(t, 'bucket')).result).toMatchObject({ error_code: 'UNAVAILABLE' })
})

test('a replica on a server that is down is told, and the others hold it', async () => {
  await using t = await open()
  await t.call('mbfs_list_content', { backend: 'bucket' })
  await server.kill()
  const { result } = await store(t, 'memory', ['bucket', 'spare'])
  expect(result).toMatchObject({ held_by: ['/backends/memory/k', '/backends/spare/k'], failed: [{ error_code: 'UNAVAILABLE' }] })
})

test('a replica has the metadata too, and a storage that keeps none is refused before anything is written', async () => {
  await using t = await open()
  const metadata = { author: 'Ada' }
  const wish = { backend: 'bucket', key: 'k', content: 'hello', metadata }
  const stored = await t.call('mbfs_store', { ...wish, replicas: ['memory'] })
  expect(stored.result).toMatchObject({ error_code: 'UNSUPPORTED' })
  expect((await t.call('mbfs_list_content', { backend: 'bucket' })).result['entries']).toEqual([])
  expect((await t.call('mbfs_store', { ...wish, replicas: ['far'] })).result).toMatchObject({ failed: [] })
  for (const backend of ['bucket', 'far']) expect((await retrieve(t, backend)).result).toMatchObject({ content: 'hello', metadata })
  await rm(join(server.buckets, 'bucket-1/k'))
  expect((await retrieve(t, 'bucket')).result).toMatchObject({ metadata, served_by: '/backends/far/k', repaired: true })
  expect((await retrieve(t, 'bucket')).result).toMatchObject({ metadata })
})

describe.each([
  ['that checks what it sends', false],
  ['that checks nothing', true],
])('content that rots under its etag in a bucket %s', (_, compat) => {
  const rotten = async (t: ConnectedGateway): Promise<string> => {
    await store(t, 'bucket', ['memory'])
    const file = join(server.buckets, 'bucket-1/k')
    await writeFile(file, 'rotty')
    return file
  }

  test('is not served: a replica is, and puts it right', async () => {
    await using t = await open(compat)
    const file = await rotten(t)
    expect((await retrieve(t, 'bucket')).result).toMatchObject({
      content: 'hello',
      served_by: '/backends/memory/k',
      repaired: true,
      failed: [{ path: '/backends/bucket/k', error_code: 'CONTENT_DAMAGED' }],
    })
    expect(await readFile(file, 'utf8')).toBe('hello')
    expect((await retrieve(t, 'bucket')).result).not.toHaveProperty('served_by')
  })

  test('is not copied out either, and nothing of it stays', async () => {
    await using t = await open(compat)
    await rotten(t)
    const copied = await t.call('mbfs_retrieve', { backend: 'bucket', key: 'k', to: join(t.work, 'copy') })
    expect(copied.result).toMatchObject({ served_by: '/backends/memory/k', repaired: true })
    expect(await readFile(join(t.work, 'copy'), 'utf8')).toBe('hello')
  })

  test('is told where no replica is left', async () => {
    await using t = await open(compat)
    await rotten(t)
    await t.call('vfs_remove', { path: '/backends/memory/k' })
    expect((await retrieve(t, 'bucket')).result).toMatchObject({ error_code: 'CONTENT_DAMAGED' })
  })
})
