import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { PipeTransport } from '../../../src/mcp/pipes/transport.ts'
import { serveOverStdio } from '../../../src/mcp/stdio.ts'
import { partsOf, registryOf } from '../../support/toolset.ts'

const LATIN_1 = Buffer.from([0x22, 0xe9, 0x22, 0x0a])

/** What may come through a pipe, though no client of an SDK sends it. */
const GARBAGE: readonly (string | Buffer)[] = [
  'not json',
  '{',
  '[]',
  '{}',
  'null',
  '"text"',
  LATIN_1,
  '\u0000',
  '{"jsonrpc":"1.0","id":1,"method":"ping"}',
  '{"jsonrpc":"2.0","id":{},"method":"ping"}',
  '{"jsonrpc":"2.0","id":2,"method":"no/such"}',
  '{"jsonrpc":"2.0","id":3,"method":"tools/call"}',
  '{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":5}}',
  '{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"__proto__","arguments":[]}}',
  '{"jsonrpc":"2.0","id":6,"method":"resources/read","params":{"uri":"\\u0000"}}',
  '{"jsonrpc":"2.0","id":99,"result":{}}',
  '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"none"}}',
  `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":${'['.repeat(5_000)}${']'.repeat(5_000)}}}`,
]

/** Every request that can be understood as one gets an answer, in whatever order. */
const ASKED: readonly unknown[] = ['last', 2, 3, 4, 5, 6, 7]

test('garbage on the wire is answered or dropped, and the connection goes on', async () => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()]
  const logged: unknown[] = []
  const parts = { ...partsOf(await registryOf({})), log: (message: string) => void logged.push(message) }
  const door = serveOverStdio(parts, new PipeTransport(stdin, stdout))
  const send = (message: object): boolean => stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)

  send({ id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } } })
  for (const line of GARBAGE) stdin.write(typeof line === 'string' ? `${line}\n` : line)
  send({ id: 'last', method: 'tools/list' })

  const answers: { readonly id?: unknown; readonly error?: { readonly code: number; readonly message: string } }[] = []
  for await (const line of createInterface({ input: stdout })) {
    answers.push(JSON.parse(line))
    if (ASKED.every((id) => answers.some((answer) => answer.id === id))) break
  }
  expect(answers.find(({ id }) => id === 'last')).toMatchObject({ result: { tools: [] } })
  for (const id of ASKED.slice(1)) expect(answers.find((answer) => answer.id === id)?.error?.code).toBeLessThan(-32_000)
  expect(JSON.stringify(answers)).not.toMatch(/\bat .*:\d+:\d+|node_modules/)
  expect(logged.length).toBeGreaterThan(0)
  await door.close()
})
