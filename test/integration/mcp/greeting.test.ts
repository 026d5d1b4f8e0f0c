import { PassThrough } from 'node:stream'
import { createInterface } from 'node:readline'
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { LEGACY_VERSIONS } from '../../../src/mcp/first-answers.ts'
import { offerOf } from '../../../src/mcp/offer.ts'
import type { McpParts } from '../../../src/mcp/parts.ts'
import { openPipes } from '../../../src/mcp/pipes/door.ts'
import { PipeTransport } from '../../../src/mcp/pipes/transport.ts'
import { serveOverStdio } from '../../../src/mcp/stdio.ts'
import { tool } from '../../../src/registry/tool.ts'
import { partsOf, registryOf } from '../../support/toolset.ts'

const Word = z.strictObject({ word: z.string().default('salt') })

class Words {
  static readonly toolset = 'words'
  @tool({ name: 'word_say', title: 'Show', description: 'Show a word.', effect: 'read', input: Word, output: Word })
  async say({ word }: z.output<typeof Word>): Promise<z.input<typeof Word>> {
    return { word }
  }
}

type Open = (parts: McpParts, stdin: PassThrough, stdout: PassThrough) => Promise<{ close(): Promise<void> }>
type Message = Readonly<Record<string, unknown>>

const greeted: Open = async (parts, stdin, stdout) => {
  const { close } = await openPipes(Promise.resolve(parts), { stdin, stdout })
  return { close: () => close(1000) }
}
const bySdk: Open = async (parts, stdin, stdout) => serveOverStdio(parts, new PipeTransport(stdin, stdout))

/** What a door writes until so many answers have come; all is sent in one piece. */
async function said(open: Open, messages: readonly Message[], answers: number): Promise<Message[]> {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()]
  const parts = partsOf(await registryOf({ classes: { Words } }))
  const door = await open(parts, stdin, stdout)
  stdin.write(messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''))
  const got: Message[] = []
  for await (const line of createInterface({ input: stdout })) if (got.push(JSON.parse(line)) === answers) break
  await door.close()
  return got
}

const CLIENT = { capabilities: {}, clientInfo: { name: 'somebody', version: '1' } }
const initialize = (params: object = {}) => ({ id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', ...CLIENT, ...params } })
const INITIALIZED = { method: 'notifications/initialized' }
const LIST = { id: 'list', method: 'tools/list' }
const CALL = { id: 2, method: 'tools/call', params: { name: 'word_say', arguments: {} } }

test('the versions that are greeted are those of the SDK', () => {
  expect(LEGACY_VERSIONS).toEqual(SUPPORTED_PROTOCOL_VERSIONS)
})

test.each(LEGACY_VERSIONS)('a client of %s hears what the SDK would have said, once', async (protocolVersion) => {
  const messages = [initialize({ protocolVersion }), INITIALIZED, LIST, CALL]
  const [ours, theirs] = [await said(greeted, messages, 3), await said(bySdk, messages, 3)]
  expect(ours.map(({ id }) => id)).toEqual([0, 'list', 2])
  expect(ours).toEqual(theirs)
})

test.each<[string, Message]>([
  ['a version that nobody knows', initialize({ protocolVersion: '1999-01-01' })],
  ['no version', initialize({ protocolVersion: undefined })],
  ['a client without a name', initialize({ clientInfo: { version: '1' } })],
  ['capabilities that are none', initialize({ capabilities: [] })],
  ['more than is greeted', initialize({ _meta: { progressToken: 5 } })],
  ['no parameters at all', { id: 0, method: 'initialize' }],
  ['another page', { id: 0, method: 'tools/list', params: { cursor: 'x' } }],
  ['a list before initialize', { id: 0, method: 'tools/list' }],
  ['a method that is not there', { id: 0, method: 'salt/say' }],
])('%s is left to the SDK', async (_, first) => {
  expect(await said(greeted, [first], 1)).toEqual(await said(bySdk, [first], 1))
})

test('a second initialize is what the SDK makes of it', async () => {
  const messages = [initialize(), { ...initialize(), id: 1 }]
  expect(await said(greeted, messages, 2)).toEqual(await said(bySdk, messages, 2))
})

test('a client that only talks and asks nothing is not listened to for ever', async () => {
  const messages = [initialize(), ...Array.from({ length: 20 }, () => INITIALIZED), { id: 1, method: 'tools/list' }, { id: 2, method: 'tools/list' }]
  expect(await said(greeted, messages, 3)).toEqual(await said(bySdk, messages, 3))
})

test('a client that goes after the greeting is let go', async () => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()]
  const door = await openPipes(Promise.resolve(partsOf(await registryOf({ classes: { Words } }))), { stdin, stdout })
  stdin.end(`${JSON.stringify({ jsonrpc: '2.0', ...initialize() })}\n`)
  stdout.resume()
  await expect(door.closed.then(() => door.close(1000))).resolves.toBeUndefined()
})

test('with an offer a client is greeted while the gateway opens, and what it calls waits for that', async () => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()]
  const parts = partsOf(await registryOf({ classes: { Words } }))
  const opening = Promise.withResolvers<McpParts>()
  const door = await openPipes(opening.promise, { stdin, stdout }, offerOf(parts))
  stdin.write([initialize(), INITIALIZED, LIST, CALL].map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''))
  const got: unknown[] = []
  for await (const line of createInterface({ input: stdout })) {
    got.push(JSON.parse(line).id)
    if (got.length === 2) opening.resolve(parts)
    if (got.length === 3) break
  }
  await door.close(1000)
  expect(got).toEqual([0, 'list', 2])
})

test('a gateway that does not open lets its client go', async () => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()]
  const parts = partsOf(await registryOf({ classes: { Words } }))
  const door = await openPipes(Promise.reject(new Error('no')), { stdin, stdout }, offerOf(parts))
  await expect(door.closed).resolves.toBeUndefined()
})
