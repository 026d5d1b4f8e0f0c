import type { JSONRPCMessage, JSONRPCRequest, RequestId, Result, Transport } from '@modelcontextprotocol/server'
import type { PipeTransport } from './transport.ts'

/** What the SDK will answer to a request; undefined for what only the SDK can. */
export type Answers = (request: JSONRPCRequest) => Promise<Result | undefined>

const MOST_HEARD = 8 // messages; a greeting has three

/**
 * Answers a client's first requests while the SDK is not loaded: that takes longer than all else of a start. It is the transport
 * of the SDK, which hears everything from the beginning once it is there, so that it knows what was agreed; its own answers to
 * what has been answered go nowhere.
 */
export class Greeting implements Transport {
  onmessage: Transport['onmessage']
  onerror: Transport['onerror']
  onclose: Transport['onclose']
  /** Resolves when there is something that only the SDK can answer, or the client knows all that it asks at first. */
  readonly over: Promise<void>
  readonly #pipe: PipeTransport
  readonly #answers: Answers
  readonly #onOver: () => void
  readonly #heard: JSONRPCMessage[] = []
  readonly #answered = new Set<RequestId>()
  #turn = Promise.resolve()
  #isOver = false

  constructor(pipe: PipeTransport, answers: Answers) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.over = promise
    this.#onOver = resolve
    this.#pipe = pipe
    this.#answers = answers
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Begins to answer. */
  async open(): Promise<void> {
    this.#pipe.onmessage = (message) => this.#hear(message)
    this.#pipe.onerror = (error) => this.onerror?.(error)
    this.#pipe.onclose = () => this.onclose?.()
    await this.#pipe.start()
  }

  /** By the SDK, which adds to what it does with a message after it has called this. */
  async start(): Promise<void> {
    queueMicrotask(() => {
      for (const message of this.#heard.splice(0)) this.onmessage?.(message)
      this.#pipe.onmessage = (message, extra) => this.onmessage?.(message, extra)
    })
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const isSecond = !('method' in message) && message.id !== undefined && this.#answered.delete(message.id)
    if (!isSecond) await this.#pipe.send(message)
  }

  close(): Promise<void> {
    return this.#pipe.close()
  }

  /** One after the other, so that each has one answer, and in their order. */
  #hear(message: JSONRPCMessage): void {
    this.#heard.push(message)
    this.#turn = this.#turn.then(() => this.#greet(message)).catch((error: Error) => this.onerror?.(error))
  }

  async #greet(message: JSONRPCMessage): Promise<void> {
    if (this.#isOver) return
    if (this.#heard.length > MOST_HEARD) return this.#end()
    if (!('method' in message) || !('id' in message)) return
    const result = await this.#answers(message)
    if (result === undefined) return this.#end()
    this.#answered.add(message.id)
    await this.#pipe.send({ jsonrpc: '2.0', id: message.id, result })
    if (message.method === 'tools/list') this.#end()
  }

  #end(): void {
    this.#isOver = true
    this.#onOver()
  }
}
