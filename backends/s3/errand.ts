import type { Socket } from 'node:net'
import { CONNECT_MS, dialed, SILENCE_MS } from './dial.ts'

const IDLE_MS = 2000 // less than any server keeps an idle connection: it is not to be lost under a request
const READ = 16 * 1024 // bytes at once
const MOST = 64 * 1024 // bytes of an answer
const HEAD_END = '\r\n\r\n'
const LAST_CHUNK = '\r\n0\r\n\r\n'

export interface Answer {
  readonly status: number
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  /** What follows: of a refusal, all that it says. */
  readonly text: string
}

interface Asked {
  readonly answered: (answer: Answer) => void
  readonly failed: (error: Error) => void
}

/**
 * A connection on which small requests are made one after the other, each in one piece with its body: what node:http does for the same takes three
 * times the work. An answer that is no success ends it, and so does whatever is not understood: then nobody knows whether the request took effect.
 */
export class Errands implements Disposable {
  readonly #socket: Socket
  #asked: Asked | undefined
  #heard = ''
  #ended = false

  constructor(url: URL) {
    const buffer = Buffer.allocUnsafeSlow(READ)
    this.#socket = dialed(url, { buffer, callback: (size) => this.#hear(buffer.toString('latin1', 0, size)) })
    this.#socket.setTimeout(CONNECT_MS)
    this.#socket.once('connect', () => this.#socket.setTimeout(SILENCE_MS))
    this.#socket.on('timeout', () => this.#lose(Object.assign(new Error('the storage is silent'), { name: 'TimeoutError' })))
    this.#socket.on('error', (error) => this.#lose(error))
    for (const end of ['end', 'close']) this.#socket.on(end, () => this.#lose(new Error('the connection was closed')))
  }

  /** Another request can be made. */
  get isFree(): boolean {
    return !this.#ended && this.#asked === undefined
  }

  /** Rejects with the reason why no answer came. */
  async ask(head: string, body: Uint8Array, signal: AbortSignal | undefined): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const leave = (): void => this.#lose(Object.assign(new Error('the call was given up'), { name: 'AbortError' }))
    this.#asked = { answered: resolve, failed: reject }
    if (signal?.aborted) leave()
    signal?.addEventListener('abort', leave, { once: true })
    this.#socket.ref()
    if (!this.#socket.connecting) this.#socket.setTimeout(SILENCE_MS)
    this.#socket.cork()
    this.#socket.write(head, 'latin1')
    this.#socket.write(body)
    this.#socket.uncork()
    try {
      return await promise
    } finally {
      signal?.removeEventListener('abort', leave)
    }
  }

  [Symbol.dispose](): void {
    this.#lose(new Error('the storage was closed'))
  }

  #lose(error: Error): void {
    this.#ended = true
    this.#socket.destroy()
    this.#asked?.failed(error)
    this.#asked = undefined
  }

  #hear(text: string): boolean {
    this.#heard += text
    const answer = this.#asked && answerIn(this.#heard)
    if (answer) this.#done(answer)
    else if (!this.#asked || this.#heard.length > MOST) this.#lose(new Error('the answer is not understood'))
    return true
  }

  #done({ answer, last }: { readonly answer: Answer; readonly last: boolean }): void {
    this.#asked?.answered(answer)
    this.#asked = undefined
    this.#heard = ''
    if (last) return this[Symbol.dispose]()
    this.#socket.setTimeout(IDLE_MS)
    this.#socket.unref()
  }
}

/** undefined until it is whole. `last`: nothing further is to be asked on its connection. */
function answerIn(heard: string): { readonly answer: Answer; readonly last: boolean } | undefined {
  const end = heard.indexOf(HEAD_END)
  if (end === -1) return undefined
  const [first = '', ...lines] = heard.slice(0, end).split('\r\n')
  const status = Number(/^HTTP\/1\.[01] (\d{3})\b/.exec(first)?.[1])
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const text = heard.slice(end + HEAD_END.length)
  const length = Number(headers['content-length'])
  if (status >= 300 && !(text.length >= length) && !text.includes('</Error>') && !text.endsWith(LAST_CHUNK)) return undefined
  return { answer: { status, headers, text }, last: status !== 200 || length !== text.length || /close/i.test(headers['connection'] ?? '') }
}
