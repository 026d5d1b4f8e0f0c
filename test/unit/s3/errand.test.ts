import { once } from 'node:events'
import { createServer as createSafeServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { beforeEach, describe, expect, test } from 'vitest'
import { Errands } from '../../../backends/s3/errand.ts'
import { type Answer, certified, head, needsOpenssl, serving } from '../../support/raw-server.ts'

const HEAD = 'PUT /bucket/key HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n'
const BODY = Buffer.from('body')
const fine: Answer = (socket) => socket.write(head('200 OK', 'ETag: "e"', 'Content-Length: 0'))
const refused = '<Error><Code>SlowDown</Code></Error>'
const chunked = `${refused.length.toString(16)}\r\n${refused}\r\n0\r\n\r\n`

test('requests are made one after the other on one connection, each whole', async () => {
  const asked: string[] = []
  const answer: Answer = (socket, text) => (asked.push(text), fine(socket, text))
  await serving(answer, async (url, connections) => {
    using errands = new Errands(url)
    for (let i = 0; i < 3; i++) {
      expect(await errands.ask(HEAD, BODY, undefined)).toEqual({ status: 200, headers: { etag: '"e"', 'content-length': '0' }, text: '' })
      expect(errands.isFree).toBe(true)
    }
    expect(asked).toEqual(Array.from({ length: 3 }, () => `${HEAD}body`))
    expect(connections()).toBe(1)
  })
})

test('an answer that comes byte by byte is read', async () => {
  const answer: Answer = (socket) => {
    socket.setNoDelay(true)
    const text = head('200 OK', 'etag: "e"', 'content-length: 0')
    const send = (at: number): void => void (at < text.length && socket.write(text[at] ?? '', () => setImmediate(send, at + 1)))
    send(0)
  }
  await serving(answer, async (url) => {
    using errands = new Errands(url)
    expect(await errands.ask(HEAD, BODY, undefined)).toMatchObject({ status: 200, headers: { etag: '"e"' } })
  })
})

test.each([
  ['with a length', head('503 Slow Down', `content-length: ${refused.length}`, 'retry-after: 1') + refused],
  ['in chunks', head('503 Slow Down', 'transfer-encoding: chunked', 'retry-after: 1') + chunked],
  ['of another kind, in chunks', head('503 Slow Down', 'transfer-encoding: chunked', 'retry-after: 1') + '4\r\nbusy\r\n0\r\n\r\n'],
])('a refusal %s is told whole, and the last that the connection carries', async (_, told) => {
  await serving(
    (socket) => socket.write(told),
    async (url) => {
      using errands = new Errands(url)
      const { status, headers, text } = await errands.ask(HEAD, BODY, undefined)
      expect({ status, pause: headers['retry-after'] }).toEqual({ status: 503, pause: '1' })
      expect(told.endsWith(text)).toBe(true)
      expect(text).toMatch(/SlowDown|busy/)
      expect(errands.isFree).toBe(false)
    },
  )
})

test('a success that says more, or is the last, leaves nothing to what is asked next', async () => {
  const answers = [head('200 OK', 'etag: "e"', 'content-length: 4'), head('200 OK', 'etag: "e"', 'content-length: 0', 'connection: close')]
  for (const answer of answers)
    await serving(
      (socket) => socket.write(answer),
      async (url) => {
        using errands = new Errands(url)
        expect(await errands.ask(HEAD, BODY, undefined)).toMatchObject({ status: 200 })
        expect(errands.isFree).toBe(false)
      },
    )
})

test.each<[string, Answer, RegExp]>([
  ['a cut connection', (socket) => void socket.destroy(), /closed|ECONNRESET/],
  ['an end in the middle', (socket) => void socket.end(head('503 Slow Down', 'transfer-encoding: chunked') + '99\r\n<Err'), /closed/],
  ['no head', (socket) => socket.write('x'.repeat(100_000)), /not understood/],
])('%s is no answer', async (_, answer, why) => {
  await serving(answer, async (url) => {
    using errands = new Errands(url)
    await expect(errands.ask(HEAD, BODY, undefined)).rejects.toThrow(why)
    expect(errands.isFree).toBe(false)
  })
})

test('what comes when nobody has asked ends it', async () => {
  const answer: Answer = (socket, asked) => (fine(socket, asked), setImmediate(() => socket.write('more')))
  await serving(answer, async (url) => {
    using errands = new Errands(url)
    await errands.ask(HEAD, BODY, undefined)
    await expect.poll(() => errands.isFree).toBe(false)
  })
})

test('a server that closes an idle connection ends it', async () => {
  const ended: Promise<unknown>[] = []
  const answer: Answer = (socket, asked) => (ended.push(once(socket, 'close')), fine(socket, asked), socket.end())
  await serving(answer, async (url) => {
    using errands = new Errands(url)
    await errands.ask(HEAD, BODY, undefined)
    await Promise.all(ended)
    await expect.poll(() => errands.isFree).toBe(false)
  })
})

test('a call that is given up is told at once, before it is made and while the server is silent', async () => {
  await serving(
    () => {},
    async (url) => {
      for (const early of [true, false]) {
        using errands = new Errands(url)
        const cancel = new AbortController()
        if (early) cancel.abort()
        const asked = errands.ask(HEAD, BODY, cancel.signal)
        cancel.abort()
        await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
      }
    },
  )
})

test('nobody listens', async () => {
  let closed = new URL('http://127.0.0.1')
  await serving(fine, async (url) => void (closed = url))
  using errands = new Errands(closed)
  await expect(errands.ask(HEAD, BODY, undefined)).rejects.toThrow(/ECONNREFUSED/)
})

describe('by TLS', () => {
  beforeEach(needsOpenssl)

  test('only a server that proves who it is gets the request', async () => {
    await certified(async (pair) => {
      const asking = async (url: URL): Promise<void> => {
        const before = getCACertificates()
        using stranger = new Errands(url)
        await expect(stranger.ask(HEAD, BODY, undefined)).rejects.toThrow(/self-signed/)
        setDefaultCACertificates([...before, pair.cert.toString()])
        using errands = new Errands(url)
        expect(await errands.ask(HEAD, BODY, undefined)).toMatchObject({ status: 200, headers: { etag: '"e"' } })
        setDefaultCACertificates(before)
      }
      await serving(fine, asking, createSafeServer(pair), 'https')
    })
  })
})
