import { PassThrough, Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { Lines } from '../../../src/mcp/pipes/lines.ts'
import { Outbox } from '../../../src/mcp/pipes/outbox.ts'
import { PipeTransport } from '../../../src/mcp/pipes/transport.ts'

async function opened() {
  const stdin = new PassThrough()
  const transport = new PipeTransport(stdin, new PassThrough())
  const got: unknown[] = []
  const next = Promise.withResolvers<void>()
  transport.onmessage = (message) => {
    if (got.push(message) === 2) next.resolve()
  }
  await transport.start()
  const send = (message: object) => stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  return { stdin, transport, send, bothCame: next.promise }
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

test('the end of stdin is told and closes nothing; a message without an end closes', async () => {
  const quiet = await opened()
  quiet.stdin.end()
  await quiet.transport.ended
  await quiet.transport.send({ jsonrpc: '2.0', id: 1, result: {} })

  const flooded = await opened()
  const closed = Promise.withResolvers<void>()
  const said: Error[] = []
  Object.assign(flooded.transport, { onclose: closed.resolve, onerror: (error: Error) => void said.push(error) })
  flooded.stdin.write('x'.repeat(10 * 1024 * 1024 + 1))
  await closed.promise
  expect(said.map(({ message }) => message)).toEqual(['a message may have 10485760 bytes'])
  await expect(flooded.transport.send({ jsonrpc: '2.0', id: 1, result: {} })).rejects.toThrow('closed')
})

test('lines are put together from pieces, whatever characters these cut', () => {
  const lines = new Lines(100)
  const bytes = Buffer.from('é1\né2\r\n\né3')
  const found = Array.from(bytes, (_, at) => lines.take(bytes.subarray(at, at + 1))).flat()
  expect([...found, ...lines.take(Buffer.from('\nrest'))]).toEqual(['é1', 'é2\r', '', 'é3'])
})

test('answers that are ready together are written together, and each is told when it is out', async () => {
  const written: string[] = []
  const outbox = new Outbox(new Writable({ decodeStrings: false, write: (text: string, _, done) => void (written.push(text), done()) }))
  await Promise.all([outbox.put('a'), Promise.resolve().then(() => outbox.put('b'))])
  await outbox.put('c')
  await Promise.all([outbox.put('d'.repeat(70_000)), outbox.put('e')])
  expect(written.map((text) => text.slice(0, 3))).toEqual(['ab', 'c', 'ddd', 'e'])
})

test('what cannot go out rejects, all of it', async () => {
  const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) }).on('error', () => {})
  const outbox = new Outbox(broken)
  const sent = await Promise.allSettled([outbox.put('a'), outbox.put('b')])
  expect(sent.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})
