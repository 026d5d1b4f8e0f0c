import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createSafeServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { beforeEach, describe, expect, test } from 'vitest'
import { Line } from '../../../backends/s3/line.ts'
import { type Answer, certified, head, needsOpenssl, serving } from '../../support/raw-server.ts'

const CONTENT = randomBytes(300_000)
const RANGE = { first: 1000, last: 200_999, etag: '"e"' }
const WANTED = CONTENT.subarray(1000, 201_000)
const length = `content-length: ${WANTED.length}`
const range = 'content-range: bytes 1000-200999/300000'
const whole = [length, range, 'ETag: "e"']

const plain: Answer = (socket, asked) => {
  const [, first, last] = /range: bytes=(\d+)-(\d+)/.exec(asked) ?? []
  const part = CONTENT.subarray(Number(first), Number(last) + 1)
  socket.write(`HTTP/1.1 206 Partial Content\r\nContent-Length: ${part.length}\r\nContent-Range: bytes ${first}-${last}/300000\r\n\r\n`)
  socket.write(part)
}

test('ranges come into the memory that is given, one after the other on one connection', async () => {
  await serving(plain, async (url, connections) => {
    using line = new Line(url)
    for (const first of [1000, 0, 99_999]) {
      const into = Buffer.alloc(RANGE.last + 1 - first)
      expect(await line.fetch({ ...RANGE, first }, into, undefined)).toBe(true)
      expect(into.equals(CONTENT.subarray(first, RANGE.last + 1))).toBe(true)
    }
    expect(connections()).toBe(1)
  })
})

test.each([
  ['says so', 'connection: close'],
  ['does not say so', 'x: y'],
])('a server that ends the connection after each answer and %s is asked on another one', async (_, field) => {
  const ends: Promise<unknown>[] = []
  const answer: Answer = (socket, asked) => {
    const [, first = '', last = ''] = /range: bytes=(\d+)-(\d+)/.exec(asked) ?? []
    const part = CONTENT.subarray(Number(first), Number(last) + 1)
    ends.push(once(socket, 'close'))
    socket.end(Buffer.concat([Buffer.from(head('206 OK', `content-length: ${part.length}`, `content-range: bytes ${first}-${last}/300000`, field)), part]))
  }
  await serving(answer, async (url, connections) => {
    using line = new Line(url)
    for (const first of [1000, 0, 99_999]) {
      const into = Buffer.alloc(RANGE.last + 1 - first)
      expect(await line.fetch({ ...RANGE, first }, into, undefined)).toBe(true)
      expect(into.equals(CONTENT.subarray(first, RANGE.last + 1))).toBe(true)
      await Promise.all(ends)
    }
    expect(connections()).toBe(3)
  })
})

test('what was asked for is said, and nothing beyond the range is touched', async () => {
  const heads: string[] = []
  const answer: Answer = (socket, asked) => (heads.push(asked), plain(socket, asked))
  await serving(answer, async (url) => {
    using line = new Line(url)
    const into = Buffer.alloc(WANTED.length + 10, 7)
    expect(await line.fetch(RANGE, into, undefined)).toBe(true)
    expect(into.equals(Buffer.concat([WANTED, Buffer.alloc(10, 7)]))).toBe(true)
    expect(heads).toEqual([
      expect.stringMatching(/^GET \/bucket\/key\?signed=yes HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\nrange: bytes=1000-200999\r\nif-match: "e"\r\n/),
    ])
  })
})

test('a head that comes byte by byte is read', async () => {
  const answer: Answer = (socket) => {
    socket.setNoDelay(true)
    const bytes = Buffer.concat([Buffer.from(head('206 OK', ...whole)), WANTED])
    const send = (at: number): void =>
      void (at < 60 ? socket.write(bytes.subarray(at, at + 1), () => setImmediate(send, at + 1)) : socket.write(bytes.subarray(at)))
    send(0)
  }
  await serving(answer, async (url) => {
    using line = new Line(url)
    const into = Buffer.alloc(WANTED.length)
    expect(await line.fetch(RANGE, into, undefined)).toBe(true)
    expect(into.equals(WANTED)).toBe(true)
  })
})

test.each<[string, Answer]>([
  ['the whole instead of a range', (socket) => socket.write(head('200 OK', ...whole))],
  ['a refusal', (socket) => socket.write(head('403 Forbidden', length))],
  ['another length', (socket) => socket.write(head('206 OK', 'content-length: 5', range))],
  ['another range', (socket) => socket.write(head('206 OK', length, range.replace('1000-', '1001-')))],
  ['another content', (socket) => socket.write(Buffer.concat([Buffer.from(head('206 OK', length, range, 'ETag: "f"')), WANTED]))],
  ['chunks', (socket) => socket.write(head('206 OK', ...whole, 'Transfer-Encoding: chunked'))],
  ['an encoding', (socket) => socket.write(head('206 OK', ...whole, 'content-encoding: gzip'))],
  ['no head', (socket) => socket.write('x'.repeat(100_000))],
  ['an end in the middle', (socket) => void socket.end(Buffer.concat([Buffer.from(head('206 OK', ...whole)), WANTED.subarray(9)]))],
  ['a cut connection', (socket) => void socket.destroy()],
])('%s ends it for good, and is no content', async (_, answer) => {
  await serving(answer, async (url, connections) => {
    using line = new Line(url)
    for (let again = 0; again < 2; again++) expect(await line.fetch(RANGE, Buffer.alloc(WANTED.length), undefined)).toBe(false)
    expect(connections()).toBe(1)
  })
})

test('what comes after the content that was asked for is no answer to what is asked next', async () => {
  const answer: Answer = (socket) => socket.write(Buffer.concat([Buffer.from(head('206 OK', ...whole)), WANTED, Buffer.from(head('206 OK', ...whole)), WANTED]))
  await serving(answer, async (url) => {
    using line = new Line(url)
    expect(await line.fetch(RANGE, Buffer.alloc(WANTED.length), undefined)).toBe(true)
    expect(await line.fetch({ ...RANGE, first: 1001, last: 201_000 }, Buffer.alloc(WANTED.length), undefined)).toBe(false)
  })
})

test('a cancelled call is told at once, while the server is silent', async () => {
  await serving(
    () => {},
    async (url) => {
      using line = new Line(url)
      const cancel = new AbortController()
      const fetched = line.fetch(RANGE, Buffer.alloc(WANTED.length), cancel.signal)
      cancel.abort()
      expect(await fetched).toBe(false)
    },
  )
})

test('nobody listens', async () => {
  let closed: URL | undefined
  await serving(plain, async (url) => void (closed = url))
  using line = new Line(closed ?? new URL('http://127.0.0.1'))
  expect(await line.fetch(RANGE, Buffer.alloc(WANTED.length), undefined)).toBe(false)
})

describe('by TLS', () => {
  beforeEach(needsOpenssl)

  test('the same, of a server that proves who it is', async () => {
    await certified(async (pair) => {
      const fetching = async (url: URL): Promise<void> => {
        const before = getCACertificates()
        for (const trusted of [false, true]) {
          if (trusted) setDefaultCACertificates([...before, pair.cert.toString()])
          using line = new Line(url)
          const into = Buffer.alloc(WANTED.length)
          expect(await line.fetch(RANGE, into, undefined)).toBe(trusted)
          expect(into.equals(WANTED)).toBe(trusted)
        }
        setDefaultCACertificates(before)
      }
      await serving(plain, fetching, createSafeServer(pair), 'https')
    })
  })
})
