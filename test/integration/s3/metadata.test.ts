import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connect } from '../../support/gateway.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

let server: S3Server
beforeEach(needsS3)
beforeAll(async () => void (server = await S3Server.start()))
afterAll(() => server[Symbol.asyncDispose]())

/** A gateway with a bucket and memory, and the bucket as its other users see it. */
async function ground() {
  const { bucket, endpoint, credentials } = await server.options()
  const options = { bucket, endpoint, access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' }
  const t = await connect({
    env: { S3_ID: credentials?.accessKeyId, S3_KEY: credentials?.secretAccessKey },
    config: { backends: { bucket: { type: 's3', options }, mem: { type: 'memory' } } },
  })
  const client = new S3Client({ endpoint: server.endpoint, ...(credentials && { credentials }), region: 'us-east-1', forcePathStyle: true })
  const at = (Key: string) => ({ Bucket: bucket, Key })
  return {
    ...t,
    put: (key: string, more: object) => client.send(new PutObjectCommand({ ...at(key), Body: 'theirs', ...more })),
    head: (key: string) => client.send(new HeadObjectCommand(at(key))),
    get: async (key: string) => (await client.send(new GetObjectCommand(at(key)))).Body?.transformToString(),
    [Symbol.asyncDispose]: async () => {
      client.destroy()
      await t[Symbol.asyncDispose]()
    },
  }
}

const NOTES = { origin: 'field 7' }

test('metadata are stored, told, and refused where nobody would keep them', async () => {
  await using t = await ground()
  const stored = await t.call('mbfs_store', { backend: 'bucket', key: 'k.json', content: '{}', metadata: NOTES })
  expect(stored.ok).toBe(true)
  expect((await t.call('mbfs_retrieve', { backend: 'bucket', key: 'k.json' })).result).toMatchObject({ content: '{}', metadata: NOTES })
  expect((await t.call('vfs_stat', { path: '/backends/bucket/k.json' })).result).toMatchObject({ metadata: NOTES })
  expect((await t.head('k.json')).Metadata).toMatchObject(NOTES)

  const refused = await t.call('mbfs_store', { backend: 'mem', key: 'k', content: 'x', metadata: NOTES })
  expect(refused.result).toMatchObject({ error_code: 'UNSUPPORTED' })
  expect((await t.call('mbfs_list_content', { backend: 'mem' })).result['entries']).toEqual([])
})

test.each([
  ['a name that is ours', { 'polymount-change': 'x' }],
  ['a name in capitals', { Origin: 'x' }],
  ['a value that no header holds', { origin: 'a\r\nb' }],
  ['more than S3 takes', { origin: 'x'.repeat(2100) }],
])('%s is refused', async (_, metadata) => {
  await using t = await ground()
  expect((await t.call('mbfs_store', { backend: 'bucket', key: 'k', content: 'x', metadata })).result).toMatchObject({ error_code: 'INVALID_INPUT' })
})

test('what others said of an object outlives an edit, a move, a removal and its undo', async () => {
  await using t = await ground()
  const said = { ContentType: 'text/x-special', CacheControl: 'max-age=5', ContentDisposition: 'inline', Metadata: { owner: 'anna' } }
  await t.put('f.txt', said)
  const path = '/backends/bucket/f.txt'
  await t.call('mbfs_list_content', { backend: 'bucket' })
  expect((await t.call('vfs_edit', { path, old_string: 'theirs', new_string: 'ours' })).ok).toBe(true)
  expect(await t.head('f.txt')).toMatchObject({ ...said, Metadata: expect.objectContaining(said.Metadata) })
  expect((await t.call('vfs_move', { from: path, to: '/backends/bucket/g.txt' })).ok).toBe(true)
  expect(await t.head('g.txt')).toMatchObject({ ...said, Metadata: expect.objectContaining(said.Metadata) })
  const removed = await t.call('vfs_remove', { path: '/backends/bucket/g.txt' })
  expect((await t.call('vfs_undo', { change: removed.result['change'] })).result).toMatchObject({ conflicts: [] })
  expect(await t.head('g.txt')).toMatchObject({ ...said, Metadata: expect.objectContaining(said.Metadata) })
  expect(await t.get('g.txt')).toBe('ours')
})

test.each([
  ['in the journal', 1000],
  ['in the content store', 100_000],
  ['in the bucket', 17 << 20],
])('what was said of a content that is kept %s comes back with it, and goes with its redo', async (_, size) => {
  await using t = await ground()
  const said = { ContentType: 'text/x-special', ContentEncoding: 'gzip', CacheControl: 'max-age=5', Metadata: { owner: 'anna' } }
  await t.put('f.txt', { ...said, Body: 'x'.repeat(size) })
  const stored = await t.call('mbfs_store', { backend: 'bucket', key: 'f.txt', content: 'plain', if_match: '*', metadata: { other: 'x' } })
  expect(await t.head('f.txt')).toMatchObject({ ContentType: said.ContentType, Metadata: { other: 'x' } })

  const undone = await t.call('vfs_undo', { change: stored.result['change'] })
  const back = await t.head('f.txt')
  expect(back).toMatchObject({ ...said, ContentLength: size, Metadata: expect.objectContaining(said.Metadata) })
  expect(back.Metadata).not.toHaveProperty('other')

  expect((await t.call('vfs_undo', { change: undone.result['change'] })).result).toMatchObject({ conflicts: [] })
  const { ContentEncoding, Metadata } = await t.head('f.txt')
  expect([ContentEncoding, Metadata?.['owner'], Metadata?.['other'], await t.get('f.txt')]).toEqual([undefined, undefined, 'x', 'plain'])
})

test('a version that is restored has the metadata that it had, also none', async () => {
  await using t = await ground()
  const store = async (content: string, metadata?: object): Promise<unknown> =>
    (await t.call('mbfs_store', { backend: 'bucket', key: 'k', content, if_match: '*', ...(metadata && { metadata }) })).result['change']
  await t.call('mbfs_store', { backend: 'bucket', key: 'k', content: 'begin' })
  const bare = await store('bare')
  const noted = await store('noted', NOTES)
  await store('other', { other: 'x' })
  for (const [version, content, metadata] of [
    [noted, 'noted', NOTES],
    [bare, 'bare', undefined],
  ]) {
    expect((await t.call('vfs_restore', { path: '/backends/bucket/k', version })).ok).toBe(true)
    const { result } = await t.call('mbfs_retrieve', { backend: 'bucket', key: 'k' })
    expect([result['content'], result['metadata']]).toEqual([content, metadata])
  }
})

test('metadata are told right after a listing, which has none', async () => {
  await using t = await ground()
  await t.call('mbfs_store', { backend: 'bucket', key: 'k', content: 'x', metadata: NOTES })
  await t.call('mbfs_list_content', { backend: 'bucket' })
  expect((await t.call('vfs_stat', { path: '/backends/bucket/k' })).result).toMatchObject({ metadata: NOTES })
  await t.call('mbfs_list_content', { backend: 'bucket' })
  expect((await t.call('mbfs_retrieve', { backend: 'bucket', key: 'k' })).result).toMatchObject({ metadata: NOTES })
})

test('a new content is not taken for encoded as the old one was', async () => {
  await using t = await ground()
  await t.put('f.txt', { ContentType: 'text/plain', ContentEncoding: 'gzip' })
  await t.call('mbfs_store', { backend: 'bucket', key: 'f.txt', content: 'plain', if_match: '*' })
  const { ContentType, ContentEncoding } = await t.head('f.txt')
  expect([ContentType, ContentEncoding]).toEqual(['text/plain', undefined])
})

test('as much as may be said beside a content is kept beside it', async () => {
  await using t = await ground()
  const metadata = { origin: 'x'.repeat(2000 - JSON.stringify({ origin: '' }).length) }
  expect((await t.call('mbfs_store', { backend: 'bucket', key: 'k', content: 'x', metadata })).ok).toBe(true)
  expect((await t.call('mbfs_retrieve', { backend: 'bucket', key: 'k' })).result).toMatchObject({ metadata })
})

test('a new object says what type its name stands for, small or sent in parts', async () => {
  await using t = await ground()
  await t.call('mbfs_store', { backend: 'bucket', key: 'a.html', content: '<p>' })
  expect((await t.head('a.html')).ContentType).toBe('text/html')
  await t.call('vfs_write', { path: `${t.work}/large.png`, content: 'x'.repeat(9 << 20) })
  await t.call('mbfs_store', { backend: 'bucket', key: 'large.png', from: `${t.work}/large.png` })
  expect((await t.head('large.png')).ContentType).toBe('image/png')
})
