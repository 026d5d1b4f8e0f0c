import type { Client } from '@modelcontextprotocol/client'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { type Connected, connectTo, type Era } from '../../support/client.ts'
import { connectHttp, serve } from '../../support/http.ts'
import { partsOf, registryOf } from '../../support/toolset.ts'
import { openTestVfs, type TestVfs } from '../../support/vfs.ts'

const DirectoryPage = z.looseObject({ resources: z.array(z.looseObject({ name: z.string(), uri: z.string() })), nextCursor: z.string().optional() })

interface Open {
  readonly fs: TestVfs
  readonly backend: MemoryBackend
  readonly client: Client
}

async function open(era: Era, over: 'stdio' | 'http' = 'stdio'): Promise<Open> {
  const backend = new MemoryBackend()
  const fs = await openTestVfs({ '/work': backend })
  const parts = { ...partsOf(await registryOf({}), fs.events), vfs: fs.vfs }
  const server = over === 'http' ? await serve(parts) : undefined
  const session: Connected = server === undefined ? await connectTo(parts, { era }) : await connectHttp(`${server.url}/mcp`, era)
  onTestFinished(async () => {
    await session[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
    await fs[Symbol.asyncDispose]()
  })
  return { fs, backend, client: session.client }
}

const directory = (client: Client, uri: string, cursor?: string) =>
  client.request({ method: 'resources/directory/read', params: { uri, ...(cursor !== undefined && { cursor }) } }, DirectoryPage)

test.each(['legacy', 'modern'] as const)('a %s client finds the mounts, reads text and bytes, and pages through folders', async (era) => {
  const { fs, client } = await open(era)
  await fs.write('/work/note é.md', '# Hello')
  await fs.vfs.write(vfsPath('/work/pixel.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0]), { actor: { client: 'test' } })

  expect((await client.listResources()).resources).toMatchObject([
    { uri: 'polymount:///work', name: '/work', mimeType: 'inode/directory', description: 'memory' },
  ])
  expect((await client.listResourceTemplates()).resourceTemplates).toMatchObject([
    { uriTemplate: 'polymount:///{+path}' },
    { uriTemplate: 'polymount+pubsub:///{topic}' },
  ])
  expect((await client.readResource({ uri: 'polymount:///work/note%20%C3%A9.md' })).contents).toEqual([
    { uri: 'polymount:///work/note%20%C3%A9.md', mimeType: 'text/markdown', text: '# Hello' },
  ])
  expect((await client.readResource({ uri: 'polymount:///work/pixel.png' })).contents).toEqual([
    { uri: 'polymount:///work/pixel.png', mimeType: 'image/png', blob: 'iVBORwA=' },
  ])
  expect((await client.readResource({ uri: 'polymount:///work' })).contents).toEqual([
    { uri: 'polymount:///work', mimeType: 'inode/directory', text: 'note é.md\npixel.png' },
  ])
  expect((await directory(client, 'polymount:///work')).resources).toMatchObject([
    { uri: 'polymount:///work/note%20%C3%A9.md', name: 'note é.md', mimeType: 'text/markdown', size: 7 },
    { uri: 'polymount:///work/pixel.png', mimeType: 'image/png', size: 5 },
  ])
})

test('a large folder comes in pages, each name once', async () => {
  const { backend, client } = await open('modern')
  const names = Array.from({ length: 1_005 }, (_, i) => `f${String(i).padStart(4, '0')}`)
  for (const name of names) await backend.write(vfsPath(`/${name}`), bytesOf(''))
  const seen: string[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const page = await directory(client, 'polymount:///work', cursor || undefined)
    seen.push(...page.resources.map(({ name }) => name))
    cursor = page.nextCursor
  }
  expect(seen).toEqual(names)
  const [content] = (await client.readResource({ uri: 'polymount:///work' })).contents
  expect(content).toMatchObject({ text: expect.stringMatching(/f0999\n… \(vfs_ls pages through the rest\)$/) })
})

test.each([
  ['a missing file', 'polymount:///work/none', /none/],
  ['a path that nobody serves', 'polymount:///etc/passwd', /passwd|served/],
  ['a foreign URI', 'file:///work/a', /polymount:\/\/\//],
  ['a file that is too large', 'polymount:///work/large', /FILE_TOO_LARGE.*vfs_read/],
])('%s is -32602', async (_, uri, message) => {
  const { fs, client } = await open('modern')
  await fs.write('/work/large', 'x'.repeat(1024 * 1024 + 1))
  await expect(client.readResource({ uri })).rejects.toMatchObject({ code: -32602, message: expect.stringMatching(message) })
})

test('a failure that nobody foresaw is told to the log and to nobody else', async () => {
  const logged: unknown[] = []
  const parts = { ...partsOf(await registryOf({})), log: (message: string, error: unknown) => void logged.push(message, String(error)) }
  await using session = await connectTo(parts)
  await expect(session.client.readResource({ uri: 'polymount:///a' })).rejects.toMatchObject({
    code: -32603,
    message: expect.not.stringContaining('the test has'),
  })
  expect(logged).toEqual([expect.stringContaining('polymount:///a'), 'Error: the test has no stat'])
})

test('a cursor that is none, and a file in place of a folder, are -32602', async () => {
  const { fs, client } = await open('modern')
  await fs.write('/work/a', '')
  await expect(directory(client, 'polymount:///work', Buffer.from('a/b').toString('base64url'))).rejects.toMatchObject({ code: -32602 })
  await expect(directory(client, 'polymount:///work/a')).rejects.toMatchObject({ code: -32602 })
})

const CLIENTS = [
  ['legacy', 'stdio'],
  ['modern', 'stdio'],
  ['legacy', 'http'],
  ['modern', 'http'],
] as const

test.each(CLIENTS)('a %s client over %s hears of changes in what it subscribed to', async (era, over) => {
  const { fs, client } = await open(era, over)
  const told = Promise.withResolvers<unknown>()
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => told.resolve(params.uri))
  if (era === 'modern') await client.listen({ resourceSubscriptions: ['polymount:///work/folder'] })
  else await client.subscribeResource({ uri: 'polymount:///work/folder' })
  await fs.write('/work/other', 'x')
  await fs.write('/work/folder/file', 'x', { parents: true })
  expect(await told.promise).toBe('polymount:///work/folder')
})

test.each(CLIENTS)('a %s client over %s hears it by the URI that it gave, also of a folder that goes with all in it', async (era, over) => {
  const { fs, client } = await open(era, over)
  const uris = ['polymount:///work/@scope/ü', 'polymount:///work/%40scope/%C3%BC', 'polymount:///work/@scope']
  await fs.write('/work/@scope/ü', 'x', { parents: true })
  const told = new Set<string>()
  let all = Promise.withResolvers<void>()
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    told.add(params.uri)
    if (told.size === uris.length) all.resolve()
  })
  if (era === 'modern') await client.listen({ resourceSubscriptions: uris })
  else for (const uri of uris) await client.subscribeResource({ uri })
  await fs.write('/work/@scope/ü', 'y')
  await all.promise
  told.clear()
  all = Promise.withResolvers()
  await fs.vfs.move(vfsPath('/work/@scope'), vfsPath('/work/gone'), { actor: { client: 'test' } })
  await all.promise
  expect([...told].toSorted()).toEqual(uris.toSorted())
})

test('a modern client is told how long it may keep an answer, and that it is for nobody else', async () => {
  const { fs, client } = await open('modern')
  await fs.write('/work/f', 'x')
  const list = { ttlMs: 60_000, cacheScope: 'private' }
  expect(await client.listTools()).toMatchObject(list)
  expect(await client.listResources()).toMatchObject(list)
  expect(await client.listResourceTemplates()).toMatchObject(list)
  expect(await client.readResource({ uri: 'polymount:///work/f' })).toMatchObject({ ttlMs: 0, cacheScope: 'private' })
})
