import { once } from 'node:events'
import { createServer as createSafeServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { beforeEach, describe, expect, test } from 'vitest'
import { Errands } from '../../../backends/s3/errand.ts'
import { type Answer, certified, head, needsOpenssl, serving } from '../../support/raw-server.ts'

const ERRAND = { method: 'PUT', path: '/bucket/key', headers: { 'content-length': '4' }, body: Buffer.from('body') }
const fine: Answer = (socket) => socket.write(head('200 OK', 'ETag: "e"', 'Content-Length: 0'))
const refused = '<Error><Code>SlowDown</Code></Error>'
const chunked = `${refused.length.toString(16)}\r\n${refused}\r\n0\r\n\r\n`

test('requests are made whole and once, on connections that stay', async () => {
  const asked: string[] = []
  const answer: Answer = (socket, text) => (asked.push(text), fine(socket, text))
  await serving(answer, async (url, connections) => {
    using errands = new Errands(url)
    for (let i = 0; i < 3; i++) expect(await errands.ask(ERRAND, undefined)).toEqual({ status: 200, headers: { etag: '"e"', 'content-length': '0' }, text: '' })
    expect(asked).toHaveLength(3)
    for (const each of asked) expect(each).toMatch(/^PUT \/bucket\/key HTTP\/1.1\r\n[^]*\r\n\r\nbody$/)
    expect(connections()).toBeLessThan(3)
  })
})

test.each([
  ['with a length', head('503 Slow Down', `content-length: ${refused.length}`, 'retry-after: 1') + refused],
  ['in chunks', head('503 Slow Down', 'transfer-encoding: chunked', 'retry-after: 1') + chunked],
])('a refusal %s is told whole', async (_, told) => {
  await serving(
    (socket) => socket.write(told),
    async (url) => {
      using errands = new Errands(url)
      expect(await errands.ask(ERRAND, undefined)).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, text: refused })
    },
  )
})

test('what a server says before its answer is no answer', async () => {
  const answer: Answer = (socket) => socket.write(head('103 Early Hints', 'link: </x>') + head('200 OK', 'etag: "e"', 'content-length: 0'))
  await serving(answer, async (url) => {
    using errands = new Errands(url)
    expect(await errands.ask(ERRAND, undefined)).toMatchObject({ status: 200, headers: { etag: '"e"' } })
  })
})

test.each<[string, Answer, RegExp]>([
  ['a cut connection', (socket) => void socket.destroy(), /closed|ECONNRESET/],
  ['an end in the middle', (socket) => void socket.end(head('503 Slow Down', 'transfer-encoding: chunked') + '99\r\n<Err'), /closed|terminated|Invalid/],
  ['no head', (socket) => socket.write('x'.repeat(100_000)), /does not match the HTTP/],
  ['a long one', (socket) => socket.write(head('200 OK', 'content-length: 100000') + 'x'.repeat(100_000)), /not understood/],
])('%s is no answer, and the request is not repeated', async (_, answer, why) => {
  let asked = 0
  await serving(
    (socket, text) => (asked++, answer(socket, text)),
    async (url) => {
      using errands = new Errands(url)
      await expect(errands.ask(ERRAND, undefined)).rejects.toThrow(why)
      expect(asked).toBe(1)
    },
  )
})

test('a server that closes an idle connection gets the next request on another', async () => {
  const ended: Promise<unknown>[] = []
  const answer: Answer = (socket, asked) => (ended.push(once(socket, 'close')), fine(socket, asked), socket.end())
  await serving(answer, async (url, connections) => {
    using errands = new Errands(url)
    for (let i = 1; i <= 2; i++) {
      expect(await errands.ask(ERRAND, undefined)).toMatchObject({ status: 200 })
      await Promise.all(ended)
      expect(connections()).toBe(i)
    }
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
        const asked = errands.ask(ERRAND, cancel.signal)
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
  await expect(errands.ask(ERRAND, undefined)).rejects.toThrow(/ECONNREFUSED/)
})

describe('by TLS', () => {
  beforeEach(needsOpenssl)

  test('only a server that proves who it is gets the request', async () => {
    await certified(async (pair) => {
      const asking = async (url: URL): Promise<void> => {
        const before = getCACertificates()
        using stranger = new Errands(url)
        await expect(stranger.ask(ERRAND, undefined)).rejects.toThrow(/self-signed/)
        setDefaultCACertificates([...before, pair.cert.toString()])
        using errands = new Errands(url)
        expect(await errands.ask(ERRAND, undefined)).toMatchObject({ status: 200, headers: { etag: '"e"' } })
        setDefaultCACertificates(before)
      }
      await serving(fine, asking, createSafeServer(pair), 'https')
    })
  })
})
