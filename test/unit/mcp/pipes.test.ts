import { once } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { Lines, type TooLong } from '../../../src/mcp/pipes/lines.ts'
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

test('the end of stdin is told and closes nothing; a message that is too long, and names no request, closes', async () => {
  const quiet = await opened()
  quiet.stdin.end()
  await quiet.transport.ended
  await quiet.transport.send({ jsonrpc: '2.0', id: 1, result: {} })

  const flooded = await opened()
  const closed = Promise.withResolvers<void>()
  const said: Error[] = []
  Object.assign(flooded.transport, { onclose: closed.resolve, onerror: (error: Error) => void said.push(error) })
  flooded.stdin.write(`${'x'.repeat(10 * 1024 * 1024 + 1)}\n`)
  await closed.promise
  expect(said.map(({ message }) => message)).toEqual(['a message may have 10485760 bytes'])
  await expect(flooded.transport.send({ jsonrpc: '2.0', id: 1, result: {} })).rejects.toThrow('closed')
})

test('lines are put together from pieces, whatever characters these cut', () => {
  const lines = new Lines(100, () => {})
  const bytes = Buffer.from('é1\né2\r\n\né3')
  const found = Array.from(bytes, (_, at) => lines.take(bytes.subarray(at, at + 1))).flat()
  expect([...found, ...lines.take(Buffer.from('\nrest'))]).toEqual(['é1', 'é2\r', '', 'é3'])
})

test('a line that is too long is passed over, and its ends are told, whatever pieces it comes in', () => {
  const bytes = Buffer.from(`before\n<${'é'.repeat(5000)}>\nafter\n${'x'.repeat(100)}\n`)
  for (const size of [1, 7, 64, 100]) {
    const ends: TooLong[] = []
    const lines = new Lines(100, (each) => void ends.push(each))
    const found: string[] = []
    for (let at = 0; at < bytes.length; at += size) found.push(...lines.take(bytes.subarray(at, at + size)))
    expect(found).toEqual(['before', 'after', 'x'.repeat(100)])
    expect(ends).toEqual([{ head: expect.stringMatching(/^<é{100}/), tail: expect.stringMatching(/é{100}>$/) }])
  }
})

test.each([
  ['id first', (text: string) => ({ jsonrpc: '2.0', id: 'a"b', method: 'm', params: { text } })],
  ['id last', (text: string) => ({ method: 'm', params: { text, inner: { id: 7 } }, jsonrpc: '2.0', id: 'a"b' })],
])('a request that is too long is refused, and the next one is heard: %s', async (_, message) => {
  const stdin = new PassThrough()
  const stdout = new PassThrough()
  const transport = new PipeTransport(stdin, stdout)
  const heard = new Promise((resolve) => (transport.onmessage = resolve))
  await transport.start()
  stdin.write(`${JSON.stringify(message('x'.repeat(11 << 20)))}\n${JSON.stringify(message('short'))}\n`)
  expect(await heard).toEqual(message('short'))
  const [answer] = (await once(stdout, 'data')) as [Buffer]
  expect(JSON.parse(answer.toString())).toMatchObject({ jsonrpc: '2.0', id: 'a"b', error: { code: -32600, data: { error_code: 'BODY_TOO_LARGE' } } })
})

test('no id of what lies in a message is taken for its own', async () => {
  const { stdin, transport } = await opened()
  const closed = new Promise<void>((resolve) => (transport.onclose = resolve))
  stdin.write(`${JSON.stringify({ method: 'm', params: { text: 'x'.repeat(11 << 20), id: 7 } })}\n`)
  await expect(closed).resolves.toBeUndefined()
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
