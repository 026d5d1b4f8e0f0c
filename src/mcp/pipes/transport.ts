import type { Readable, Writable } from 'node:stream'
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/server'
import { CODES } from '../../core/codes.ts'
import { Lines, type TooLong } from './lines.ts'
import { Outbox } from './outbox.ts'
import { Unanswered } from './unanswered.ts'

/** Of one message, in bytes: the SDK's own bound. */
const LARGEST = 10 * 1024 * 1024
/** JSON-RPC's code. */
const INVALID_REQUEST = -32600

/**
 * MCP over a pair of pipes, a message a line. The SDK's transport closes at the end of stdin and so cancels every call, though
 * a client that has ended its side may still read: this one goes on until it is closed. And it writes together what is ready
 * together.
 */
export class PipeTransport implements Transport {
  onmessage: Transport['onmessage']
  onerror: Transport['onerror']
  onclose: Transport['onclose']
  /** Resolves at the end of stdin. */
  readonly ended: Promise<void>
  /** Resolves when it is closed, by us or because a pipe broke. */
  readonly closed: Promise<void>
  readonly #stdin: Readable
  readonly #stdout: Writable
  readonly #lines = new Lines(LARGEST, (ends) => this.#refuse(ends))
  readonly #outbox: Outbox
  readonly #unanswered = new Unanswered()
  readonly #onClosed: () => void
  #closed = false

  constructor(stdin: Readable, stdout: Writable) {
    this.#stdin = stdin
    this.#stdout = stdout
    this.#outbox = new Outbox(stdout)
    const closed = Promise.withResolvers<void>()
    this.closed = closed.promise
    this.#onClosed = closed.resolve
    this.ended = new Promise((resolve) => stdin.once('close', () => resolve()))
  }

  async start(): Promise<void> {
    this.#stdin.on('data', this.#receive).on('error', this.#report)
    this.#stdout.on('error', this.#broken)
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#closed) throw new Error('the connection is closed')
    await this.#outbox.put(`${JSON.stringify(message)}\n`)
    this.#unanswered.went(message)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#stdin.off('data', this.#receive).pause()
    this.#onClosed()
    this.onclose?.()
  }

  /** Resolves when every request has its answer, or after so many milliseconds. */
  answered(ms: number): Promise<void> {
    return this.#unanswered.none(ms)
  }

  readonly #receive = (piece: Buffer): void => {
    for (const line of this.#lines.take(piece)) this.#deliver(line)
  }

  /** Of a request whose id stands at one end of it, as those of all clients do, only that is refused; nobody would hear of another one. */
  #refuse(ends: TooLong): void {
    const why = new Error(`a message may have ${LARGEST} bytes`)
    const id = idOf(ends)
    if (id === undefined) return this.#broken(why)
    this.#report(why)
    const { hint, retryable } = CODES.BODY_TOO_LARGE
    const error = { code: INVALID_REQUEST, message: `${why.message}. ${hint}`, data: { error_code: 'BODY_TOO_LARGE', hint, retryable } }
    this.#outbox.put(`${JSON.stringify({ jsonrpc: '2.0', id, error })}\n`).catch(this.#broken)
  }

  #deliver(line: string): void {
    const message = parsed(line)
    if (message === undefined) return
    if (!isMessage(message)) return this.#report(new Error('what came is no message of JSON-RPC 2.0'))
    this.#unanswered.came(message)
    this.onmessage?.(message)
  }

  readonly #report = (error: Error): void => this.onerror?.(error)

  /** Also hears what a stream says after the end, which is nobody's concern any more. */
  readonly #broken = (error: Error): void => {
    if (this.#closed) return
    this.#report(error)
    void this.close()
  }
}

const ID = String.raw`"id"\s*:\s*(-?\d+|"(?:[^"\\]|\\.)*")`
const ID_FIRST = new RegExp(String.raw`^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?${ID}\s*,`)
const ID_LAST = new RegExp(String.raw`${ID}\s*\}\s*$`)

/** A brace alone follows the last key of the message itself: what lies in it ends in more of them. */
function idOf({ head, tail }: TooLong): unknown {
  const found = (ID_FIRST.exec(head) ?? ID_LAST.exec(tail))?.[1]
  return found === undefined ? undefined : parsed(found)
}

/** Undefined for what is no JSON: a stray line in a pipe is passed over. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** What tells requests, notifications and answers apart; their content is checked by whoever takes them. */
function isMessage(value: unknown): value is JSONRPCMessage {
  if (typeof value !== 'object' || value === null || Reflect.get(value, 'jsonrpc') !== '2.0') return false
  const id: unknown = Reflect.get(value, 'id')
  return (id === undefined || typeof id === 'string' || typeof id === 'number') && ('method' in value || 'result' in value || 'error' in value)
}
