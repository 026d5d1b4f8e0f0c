import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { collect } from '../../src/core/bytes.ts'

const [ANSWER, NO_SUCH_NAME] = [0x8180, 0x8183]
const HEAD_BYTES = 12
const TXT = 16

/** A name server on the loopback address that knows these texts, by UDP and over HTTP (RFC 8484). */
export class NameServer implements AsyncDisposable {
  readonly #texts: ReadonlyMap<string, readonly string[]>
  readonly #udp = createSocket('udp4')
  readonly #http = createServer()
  /** What was asked for. */
  readonly asked: string[] = []

  private constructor(texts: Readonly<Record<string, readonly string[]>>) {
    this.#texts = new Map(Object.entries(texts))
    this.#udp.on('message', (query, { port, address }) => this.#udp.send(this.#answer(query), port, address))
    this.#http.on('request', (request, response) => {
      const given = new URL(request.url ?? '', 'http://x').searchParams.get('dns')
      const query = given === null ? collect(request, 4096) : Promise.resolve(Buffer.from(given, 'base64url'))
      void query.then((bytes) => response.setHeader('content-type', 'application/dns-message').end(this.#answer(Buffer.from(bytes))))
    })
  }

  static async start(texts: Readonly<Record<string, readonly string[]>>): Promise<NameServer> {
    const server = new NameServer(texts)
    server.#udp.bind(0, '127.0.0.1')
    server.#http.listen(0, '127.0.0.1')
    await Promise.all([once(server.#udp, 'listening'), once(server.#http, 'listening')])
    return server
  }

  get address(): string {
    return `127.0.0.1:${this.#udp.address().port}`
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/dns-query`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#udp.close()
    this.#http.closeAllConnections()
    this.#http.close()
  }

  #answer(query: Buffer): Buffer {
    const { name, question } = questionOf(query)
    this.asked.push(name)
    const texts = this.#texts.get(name)
    const type = question.readUInt16BE(question.length - 4)
    const records = type === TXT ? (texts ?? []).map(recordOf) : []
    const head = Buffer.alloc(HEAD_BYTES)
    query.copy(head, 0, 0, 2)
    head.writeUInt16BE(texts ? ANSWER : NO_SUCH_NAME, 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(records.length, 6)
    return Buffer.concat([head, question, ...records])
  }
}

function questionOf(query: Buffer): { readonly name: string; readonly question: Buffer } {
  const labels: string[] = []
  let at = HEAD_BYTES
  for (let size = query[at++] ?? 0; size > 0; size = query[at++] ?? 0) labels.push(query.toString('latin1', at, (at += size)))
  return { name: labels.join('.').toLowerCase(), question: query.subarray(HEAD_BYTES, at + 4) }
}

/** Of the name in the question, for a minute; a text goes in pieces of 255 bytes. */
function recordOf(text: string): Buffer {
  const pieces = text.match(/.{1,255}/g) ?? ['']
  const data = Buffer.concat(pieces.map((piece) => Buffer.concat([Buffer.from([piece.length]), Buffer.from(piece)])))
  const head = Buffer.from([0xc0, 0x0c, 0, TXT, 0, 1, 0, 0, 0, 60, 0, 0])
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}
