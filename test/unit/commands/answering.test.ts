import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { AnsweringTransport } from '../../../src/commands/answering.ts'

async function opened() {
  const stdin = new PassThrough()
  const transport = new AnsweringTransport(stdin, new PassThrough())
  const got: unknown[] = []
  const next = Promise.withResolvers<void>()
  transport.onmessage = (message) => {
    if (got.push(message) === 2) next.resolve()
  }
  await transport.start()
  const send = (message: object) => stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  return { transport, send, bothCame: next.promise }
}

const NEVER = 1_000_000

test('a request is waited for until it is answered', async () => {
  const { transport, send, bothCame } = await opened()
  send({ id: 1, method: 'tools/list' })
  send({ id: 2, method: 'tools/list' })
  await bothCame
  const answered = transport.answered(NEVER).then(() => 'answered')
  await transport.send({ jsonrpc: '2.0', id: 1, result: {} })
  expect(await Promise.race([answered, Promise.resolve('waiting')])).toBe('waiting')
  await transport.send({ jsonrpc: '2.0', id: 2, result: {} })
  expect(await answered).toBe('answered')
})

test.each([
  ['listening', { id: 'l', method: 'subscriptions/listen', params: {} }, { method: 'notifications/initialized' }],
  ['what was cancelled', { id: 7, method: 'tools/call', params: {} }, { method: 'notifications/cancelled', params: { requestId: 7 } }],
])('%s is not waited for', async (_, first, second) => {
  const { transport, send, bothCame } = await opened()
  send(first)
  send(second)
  await bothCame
  await expect(transport.answered(NEVER)).resolves.toBeUndefined()
})
