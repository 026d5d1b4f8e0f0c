import type { IncomingMessage } from 'node:http'
import type { KuboRPCClient } from 'kubo-rpc-client'
import type { z } from 'zod'
import type { Call } from '../../core/backend.ts'
import { throwIfAborted, VfsError } from '../../core/error.ts'
import { bytesOf, type Query, type Sent, valuesOf } from '../../core/wire.ts'
import type { Endpoint, Target } from './endpoint.ts'
import { fromKubo } from './errors.ts'
import { Wire } from './wire.ts'

/** How long a call with one answer may take. */
const CALL_MS = 30_000

/** Asks nobody else. An option of every call, which the client's types do not know. */
export const LOCALLY = { offline: true }

/** The daemon: calls with one answer by kubo-rpc-client, streams by the wire; what goes wrong is a VfsError. */
export class Rpc {
  readonly #endpoint: Endpoint
  readonly #wire: Wire
  #client: { readonly target: Target; readonly client: KuboRPCClient } | undefined

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
    this.#wire = new Wire(endpoint)
  }

  async call<T>(op: string, call: Call, work: (kubo: KuboRPCClient, options: { readonly signal: AbortSignal }) => Promise<T>, ms = CALL_MS): Promise<T> {
    const late = AbortSignal.timeout(ms)
    const signal = call.signal ? AbortSignal.any([call.signal, late]) : late
    return this.#told(op, call, async () => {
      const target = await this.#endpoint(call)
      return work(await this.#at(target), { signal }).catch((error: unknown) => Promise.reject(fromKubo(error, op, target.authorization)))
    })
  }

  /** The values of a streamed answer, none of which is believed before it fits. */
  async *lines<S extends z.ZodType>(op: string, query: Query, schema: S, sent: Sent = {}): AsyncGenerator<z.output<S>> {
    yield* this.values(op, await this.open(op, query, sent), schema, sent)
  }

  /** Resolves once the daemon has begun to answer; `values` gives the rest. */
  open(op: string, query: Query, sent: Sent = {}): Promise<IncomingMessage> {
    return this.#told(op, sent, () => this.#wire.open(op, query, sent))
  }

  async *values<S extends z.ZodType>(op: string, answer: IncomingMessage, schema: S, call: Call): AsyncGenerator<z.output<S>> {
    const values = valuesOf(answer)
    try {
      for (;;) {
        const next = await this.#told(op, call, () => values.next())
        if (next.done) return
        yield await this.#told(op, call, async () => schema.parse(next.value))
      }
    } finally {
      await values.return(undefined)
    }
  }

  /** The one value of an answer. */
  async value<S extends z.ZodType>(op: string, query: Query, schema: S, sent?: Sent): Promise<z.output<S>> {
    for await (const value of this.lines(op, query, schema, sent)) return value
    throw new VfsError('SERVICE_UNAVAILABLE', `Kubo gave no answer to ${op}`, { op })
  }

  /** The bytes of an answer, whole. */
  bytes(op: string, query: Query, sent: Sent): Promise<Uint8Array> {
    return this.#told(op, sent, async () => bytesOf(await this.#wire.open(op, query, sent)))
  }

  async #told<T>(op: string, { signal }: Call, work: () => Promise<T>): Promise<T> {
    throwIfAborted(signal, op)
    try {
      return await work()
    } catch (error) {
      throwIfAborted(signal, op)
      throw fromKubo(error, op)
    }
  }

  async #at(target: Target): Promise<KuboRPCClient> {
    if (this.#client?.target.url === target.url && this.#client.target.authorization === target.authorization) return this.#client.client
    const { create } = await import('kubo-rpc-client')
    const { url, authorization } = target
    const client = create({ url: new URL('/api/v0', url), ...(authorization !== undefined && { headers: { authorization } }) })
    this.#client = { target, client }
    return client
  }
}
