import { Readable } from 'node:stream'
import { z } from 'zod'
import type { Bytes, Call } from '../core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../core/error.ts'
import { type Form, newForm } from '../core/form.ts'
import { bytesOf, type Query, refusal, search, send, type Sent, valuesOf } from '../core/wire.ts'
import { fromCluster } from './errors.ts'
import { Added, Alert, Peer, Pinned, type PinOptions, Status } from './types.ts'

/** How long a call with one answer may take, and how long a list or an upload may be silent: later than that nothing comes of it. */
export const CALL_MS = 60_000

export interface ClusterOptions {
  /** Of the REST API, as `http://127.0.0.1:9094`. */
  readonly api: string
  /** The header of this name. */
  readonly authorization?: string | undefined
}

/**
 * The REST API of IPFS Cluster. Not by `fetch`: that never shows the trailer in which the cluster tells that a list broke
 * off. An empty list is an answer without content.
 */
export class Cluster {
  readonly api: string
  readonly #authorization: string | undefined

  constructor({ api, authorization }: ClusterOptions) {
    this.api = api
    this.#authorization = authorization
  }

  id(call?: Call): Promise<Peer> {
    return this.#value('GET', 'id', {}, Peer, call)
  }

  peers(call?: Call): AsyncIterable<Peer> {
    return this.#list('peers', {}, Peer, call)
  }

  /** undefined if it is not pinned. */
  async pinned(cid: string, call?: Call): Promise<Pinned | undefined> {
    try {
      return await this.#value('GET', `allocations/${cid}`, {}, Pinned, call)
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return undefined
      throw error
    }
  }

  /** All pins, in no order. */
  allPinned(call?: Call): AsyncIterable<Pinned> {
    return this.#list('allocations', {}, Pinned, call)
  }

  /** A pin that is there gets the options anew. */
  pin(cid: string, options: PinOptions = {}, call?: Call): Promise<Pinned> {
    return this.#value('POST', `pins/${cid}`, queryOf(options), Pinned, call)
  }

  /** Rejects NOT_FOUND. */
  async unpin(cid: string, call?: Call): Promise<void> {
    await this.#value('DELETE', `pins/${cid}`, {}, Pinned, call)
  }

  status(cid: string, call?: Call): Promise<Status> {
    return this.#value('GET', `pins/${cid}`, {}, Status, call)
  }

  /** Of every pin, or of those in a state such as `pin_error`; several are joined by a comma. */
  statuses(filter?: string, call?: Call): AsyncIterable<Status> {
    return this.#list('pins', { filter }, Status, call)
  }

  recover(cid: string, call?: Call): Promise<Status> {
    return this.#value('POST', `pins/${cid}/recover`, {}, Status, call)
  }

  alerts(call?: Call): Promise<Alert[]> {
    return this.#value('GET', 'health/alerts', {}, z.array(Alert), call)
  }

  /** Blocks go to the peers that get the pin of the one root of the CAR. Resolves with what the cluster took for the root. */
  async add(car: Bytes, options: PinOptions = {}, call: Call = {}): Promise<string> {
    const form = newForm()
    const body = { type: form.type, stream: Readable.from(within(form, car), { objectMode: false, highWaterMark: 1 << 20 }) }
    const query = { ...queryOf(options), format: 'car', 'stream-channels': false }
    const added = await this.#value('POST', 'add', query, z.array(Added), { ...call, body })
    const root = added.at(-1)?.cid
    if (root === undefined) throw new VfsError('UNAVAILABLE', 'the cluster did not say what it added', { op: 'add', backend: 'cluster' })
    return root
  }

  async #value<S extends z.ZodType>(method: string, path: string, query: Query, schema: S, { body, ...call }: Sent = {}): Promise<z.output<S>> {
    const late = AbortSignal.timeout(CALL_MS)
    const signal = body ? call.signal : call.signal ? AbortSignal.any([call.signal, late]) : late
    return this.#told(path, call, async () => {
      const answer = await this.#open(method, path, query, { signal, body })
      return schema.parse(JSON.parse(Buffer.from(await bytesOf(answer)).toString()))
    })
  }

  async *#list<S extends z.ZodType>(path: string, query: Query, schema: S, call: Call = {}): AsyncGenerator<z.output<S>> {
    const values = valuesOf(await this.#told(path, call, () => this.#open('GET', path, query, call)))
    try {
      for (;;) {
        const next = await this.#told(path, call, () => values.next())
        if (next.done) return
        yield await this.#told(path, call, async () => schema.parse(next.value))
      }
    } finally {
      await values.return(undefined)
    }
  }

  async #open(method: string, path: string, query: Query, sent: Sent) {
    const target = new URL(`${path}?${search(query)}`, this.api.endsWith('/') ? this.api : `${this.api}/`)
    const headers = { ...(this.#authorization !== undefined && { authorization: this.#authorization }), ...(sent.body && { 'content-type': sent.body.type }) }
    const answer = await send(method, target, headers, { ...sent, quietMs: CALL_MS })
    if ((answer.statusCode ?? 500) < 300) return answer
    const refused = await refusal(answer, this.#authorization)
    sent.body?.stream.destroy(refused)
    throw refused
  }

  async #told<T>(path: string, { signal }: Call, work: () => Promise<T>): Promise<T> {
    const op = path.split('/')[0] ?? path
    throwIfAborted(signal, op)
    try {
      return await work()
    } catch (error) {
      throwIfAborted(signal, op)
      throw fromCluster(error, op)
    }
  }
}

async function* within({ head, tail }: Form, content: Bytes): Bytes {
  yield Buffer.from(head)
  yield* content
  yield Buffer.from(tail)
}

function queryOf({ name, replication_min, replication_max, expire_at, allocations, metadata = {} }: PinOptions): Query {
  const meta = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`meta-${key}`, value]))
  const peers = allocations?.length ? allocations.join(',') : undefined
  return {
    ...meta,
    name,
    'replication-min': replication_min,
    'replication-max': replication_max,
    'expire-at': expire_at?.toISOString(),
    'user-allocations': peers,
  }
}
