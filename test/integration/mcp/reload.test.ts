import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@modelcontextprotocol/client'
import { expect, onTestFinished, test } from 'vitest'
import { EventBus } from '../../../src/core/events.ts'
import { discover } from '../../../src/registry/discover.ts'
import { declarations } from '../../../src/registry/inventory.ts'
import type { Registry } from '../../../src/registry/registry.ts'
import { connectTo } from '../../support/client.ts'
import { connectHttp, serve } from '../../support/http.ts'
import { partsOf, registryOf } from '../../support/toolset.ts'

/** As a user writes it: plain JavaScript, with nothing to import. */
const greeting = (word: string) => `
export default ({ z, declare, VfsError }) => {
  class Greetings {
    static toolset = 'greetings'
    async greet({ name }) {
      if (name === '') throw new VfsError('INVALID_ARGUMENT', 'nobody to greet')
      return { greeting: '${word} ' + name }
    }
  }
  declare(Greetings, 'greet', {
    name: 'greet_someone', title: 'Greet', description: 'Make a greeting.', effect: 'read',
    input: z.object({ name: z.string() }), output: z.strictObject({ greeting: z.string() }),
  })
  return Greetings
}`

async function ownFolder(source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'own-tools-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'greet.tools.js'), source)
  return folder
}

const open = (folder: string, events = new EventBus()): Promise<Registry> => registryOf({ paths: [folder], events })

test.each(['legacy', 'modern'] as const)('a %s client on stdio is told of the new inventory and goes on', async (era) => {
  const folder = await ownFolder(greeting('Hello'))
  const events = new EventBus()
  const registry = await open(folder, events)
  await using session = await connectTo(partsOf(registry, events), { era })
  expect((await session.call('greet_someone', { name: 'Ann' })).result['greeting']).toBe('Hello Ann')
  expect((await session.call('greet_someone', { name: '' })).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })

  const { told } = await listening(session.client)
  await writeFile(join(folder, 'greet.tools.js'), greeting('Goodbye'))
  await registry.reload()
  await told
  expect((await session.call('greet_someone', { name: 'Ann' })).result['greeting']).toBe('Goodbye Ann')
})

test.each(['legacy', 'modern'] as const)('a %s client on HTTP is told too', async (era) => {
  const folder = await ownFolder(greeting('Hello'))
  const events = new EventBus()
  const registry = await open(folder, events)
  await using server = await serve(partsOf(registry, events))
  await using session = await connectHttp(`${server.url}/mcp`, era)
  const { told } = await listening(session.client)
  await registry.reload()
  await told
  expect((await session.call('greet_someone', { name: 'Ann' })).ok).toBe(true)
})

test.each([
  ['that cannot run', 'throw new Error("no")', /cannot be loaded: no/],
  ['that is a class without tools', 'export default class {}', /default export failed/],
  [
    'whose class cannot be made',
    greeting('Hi').replace('async greet', 'constructor() { throw new Error("no luck") } async greet'),
    /Greetings cannot be made: no luck/,
  ],
  ['with a syntax error', 'class {', /cannot be loaded/],
])('a file %s is refused by name, and what was there stays', async (_, source, message) => {
  const folder = await ownFolder(greeting('Hello'))
  const registry = await open(folder)
  await writeFile(join(folder, 'greet.tools.js'), source)
  await expect(registry.reload()).rejects.toMatchObject({ code: 'TOOL_INVALID', message: expect.stringMatching(message) })
  await expect(registry.reload()).rejects.toThrow('greet.tools.js')
  expect([...registry.tools.keys()]).toEqual(['greet_someone'])
})

test('the example of the documentation is a tool', async () => {
  const [, source = ''] = /```js\n([^]*?)```/.exec(await readFile('docs/own-tools.md', 'utf8')) ?? []
  const tools = declarations(await discover(await ownFolder(source)))
  expect(tools.get('notes_count')).toMatchObject({ toolset: 'notes', effect: 'read' })
})

test('a folder that is not there is refused by name', async () => {
  await expect(open('/no/such/folder')).rejects.toMatchObject({ code: 'TOOL_INVALID', message: expect.stringContaining('/no/such/folder') })
})

/** Resolves once the server knows that we listen; `told` does at the next list_changed. */
async function listening(client: Client): Promise<{ readonly told: Promise<void> }> {
  const told = Promise.withResolvers<void>()
  client.setNotificationHandler('notifications/tools/list_changed', () => told.resolve())
  if (client.getNegotiatedProtocolVersion() === '2026-07-28') await client.listen({ toolsListChanged: true })
  return { told: told.promise }
}
