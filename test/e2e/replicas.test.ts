import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { type Fault, FaultProxy } from '../support/fault-proxy.ts'
import { emptyPlace, host, later } from '../support/program.ts'
import { needsS3, S3Server } from '../support/s3.ts'

beforeEach(needsS3)

/** A disk and a bucket, and gateways that have both. */
async function machine() {
  await using parts = new AsyncDisposableStack()
  const server = parts.use(await S3Server.start())
  const proxy = parts.use(await FaultProxy.start(server.endpoint))
  const place = parts.use(await emptyPlace())
  const { bucket, credentials } = await server.options()
  const disk = join(place.work, 'disk')
  await mkdir(disk)
  const remote = { bucket, endpoint: proxy.endpoint, access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' }
  const config = join(place.home, 'polymount.json')
  await writeFile(
    config,
    JSON.stringify({ backends: { disk: { type: 'local', options: { root: disk } }, bucket: { type: 's3', options: remote, cache_ms: 0 } } }),
  )
  const env = { S3_ID: credentials?.accessKeyId ?? '', S3_KEY: credentials?.secretAccessKey ?? '' }
  const owned = parts.move()
  return {
    proxy,
    place,
    disk,
    objects: join(server.buckets, bucket),
    agent: () => host(place, [place.work, '--config', config, '--toolsets', 'all'], { env }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

test('a gateway that is killed between a file and its replica leaves neither', async () => {
  await using m = await machine()
  const { proxy, place, disk } = m
  const store = { backend: 'disk', key: 'k', content: 'hello', replicas: ['bucket'] }
  {
    const first = await m.agent()
    const met = proxy.next(/^PUT \S+\/k[? ]/, 'held')
    const call = first.call('mbfs_store', store).catch(() => 'gone')
    await met
    expect(await readFile(join(disk, 'k'), 'utf8')).toBe('hello')
    process.kill(first.pid, 'SIGKILL')
    expect(await call).toBe('gone')
  }
  await using second = await m.agent()
  for (const backend of ['disk', 'bucket']) await second.call('mbfs_list_content', { backend })
  await vi.waitFor(() => {
    later(place)
    return expect(readFile(join(disk, 'k'))).rejects.toMatchObject({ code: 'ENOENT' })
  }, 10_000)
  expect((await second.call('mbfs_store', store)).result).toMatchObject({ held_by: ['/backends/disk/k', '/backends/bucket/k'], failed: [] })
})

test('a gateway that is killed while it repairs a rotten file has lost nothing: the next one serves it, and repairs it', async () => {
  await using m = await machine()
  const { proxy, place, objects } = m
  let agent = await m.agent()
  const moments: readonly (readonly [string, RegExp, Fault])[] = [
    ['aside', /^PUT \S+\/trash\//, 'held'],
    ['between', /^DELETE \S+\/between\?/, 'held'],
    ['gone', /^DELETE \S+\/gone\?/, 'unanswered'],
    ['written', /^PUT \S+\/written[? ]/, 'unanswered'],
  ]
  for (const [key, line, fault] of moments) {
    await agent.call('mbfs_store', { backend: 'bucket', key, content: 'hello', replicas: ['disk'] })
    await writeFile(join(objects, key), 'jello', { flag: 'r+' }) // under the server, which goes on telling its etag
    const met = proxy.next(line, fault)
    const call = agent.call('mbfs_retrieve', { backend: 'bucket', key }).catch(() => 'gone')
    await met
    process.kill(agent.pid, 'SIGKILL')
    expect(await call).toBe('gone')
    agent = await m.agent()
    later(place)
    const retrieve = async (): Promise<unknown> => (await agent.call('mbfs_retrieve', { backend: 'bucket', key })).result
    await vi.waitFor(async () => expect(await retrieve()).toMatchObject({ content: 'hello', path: `/backends/bucket/${key}` }), 20_000)
    expect(await readFile(join(objects, key), 'utf8')).toBe('hello')
  }
  await agent[Symbol.asyncDispose]()
})

test('a repair that fails when what is rotten lies aside does not bring it back, and the next one goes on from there', async () => {
  await using m = await machine()
  const { proxy, objects } = m
  await using agent = await m.agent()
  await agent.call('mbfs_store', { backend: 'bucket', key: 'k', content: 'hello', replicas: ['disk'] })
  await writeFile(join(objects, 'k'), 'jello', { flag: 'r+' })
  const retrieve = async (): Promise<unknown> => (await agent.call('mbfs_retrieve', { backend: 'bucket', key: 'k' })).result
  proxy.refusing = { line: /^PUT \S+\/k[? ]/, status: 403, code: 'AccessDenied' }
  for (let tries = 0; tries < 2; tries++) expect(await retrieve()).toMatchObject({ content: 'hello', repaired: false })
  proxy.refusing = undefined
  expect(await retrieve()).toMatchObject({ content: 'hello', repaired: true })
  expect(await readFile(join(objects, 'k'), 'utf8')).toBe('hello')
})
