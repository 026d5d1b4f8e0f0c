import { Readable } from 'node:stream'
import type { Bytes, Call } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import { type Form, newForm } from '../../src/core/form.ts'
import { bytesOf, send } from '../../src/core/wire.ts'
import { fromAnswer, fromFetch } from './errors.ts'

/** Where rclone's remote control answers now; it may move when the program is started again. */
export interface Endpoint {
  readonly url: string
  readonly authorization?: string | undefined
}

export interface Item {
  readonly Name: string
  /** -1 where the storage does not say. */
  readonly Size: number
  readonly ModTime: string
  readonly IsDir: boolean
  readonly ID?: string | undefined
  readonly Hashes?: Readonly<Record<string, string>> | undefined
}

/** What rclone says of a remote. */
export interface Info {
  /** Of the remote that others lead to, `:type` where it stands in no configuration. */
  readonly Name: string
  readonly Root: string
  readonly Features: Readonly<Record<string, boolean>>
  readonly Hashes: readonly string[] | null
  /** Nanoseconds of the times that it keeps. */
  readonly Precision: number
}

/** Some work of rclone, for a minute after its end too. */
export interface Job {
  readonly id: number
  readonly group: string
  readonly finished: boolean
  readonly success: boolean
  readonly error: string
}

export type Parameters = Readonly<Record<string, unknown>>

/** For so long rclone may say nothing when it has all of a file: to a storage that takes no stream it begins to send it then. `fetch` waits half as long. */
const UPLOAD_MS = 600_000

/** One remote, through the remote control of one rclone. */
export class Rc {
  readonly remote: string
  readonly #endpoint: (call: Call) => Promise<Endpoint>

  constructor(remote: string, endpoint: (call: Call) => Promise<Endpoint>) {
    this.remote = remote
    this.#endpoint = endpoint
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows what his method answers
  async call<T>(method: string, parameters: Parameters, call: Call = {}): Promise<T> {
    const body = JSON.stringify({ fs: this.remote, ...parameters })
    const response = await this.#ask(method, { method: 'POST', headers: { 'content-type': 'application/json' }, body }, call)
    return (await response.json().catch((error: unknown) => Promise.reject(fromFetch(error, call.signal)))) as T
  }

  /** Up to `end`, which the content must reach. */
  async *read(path: string, start: number, end: number, call: Call): Bytes {
    if (start >= end) return
    const target = `[${this.remote}]/${path}`.split('/').map(encodeURIComponent).join('/')
    const response = await this.#ask(target, { headers: { range: `bytes=${start}-${end - 1}` } }, call)
    let at = response.status === 206 ? start : 0
    try {
      for await (const part of response.body ?? []) {
        const wanted = part.subarray(Math.max(0, start - at), Math.max(0, end - at))
        at += part.length
        if (wanted.length > 0) yield wanted
      }
    } catch (error) {
      throw fromFetch(error, call.signal)
    }
    if (at < end) throw new VfsError('UNAVAILABLE', 'the storage ended its answer too early', { backend: 'rclone' })
  }

  /** Streams into a file of a folder. A source that dies breaks the request off, and rclone then keeps nothing. */
  async upload({ folder, name, group }: Readonly<Record<'folder' | 'name' | 'group', string>>, source: Bytes, call: Call): Promise<void> {
    const query = new URLSearchParams({ fs: this.remote, remote: folder, _group: group })
    const { target, headers } = await this.#at(`operations/uploadfile?${query.toString()}`, call)
    const form = newForm(name)
    const failure: { error?: unknown } = {}
    const body = { type: form.type, stream: Readable.from(within(form, source, failure), { objectMode: false, highWaterMark: 1 << 20 }) }
    const sent = send('POST', target, { ...headers, 'content-type': form.type }, { body, quietMs: UPLOAD_MS, signal: call.signal })
    const answer = await sent.catch((error: unknown) => Promise.reject(failure.error ?? fromFetch(error, call.signal)))
    const told = await bytesOf(answer).catch((error: unknown) => Promise.reject(fromFetch(error, call.signal)))
    if (answer.statusCode !== 200) throw fromAnswer(answer.statusCode ?? 0, Buffer.from(told).toString())
  }

  async #ask(path: string, init: RequestInit, call: Call): Promise<Response> {
    const { target, headers } = await this.#at(path, call)
    const wanted = { ...init, headers: { ...(init.headers as Record<string, string>), ...headers }, ...(call.signal && { signal: call.signal }) }
    const response = await fetch(target, wanted).catch((error: unknown) => Promise.reject(fromFetch(error, call.signal)))
    if (response.ok) return response
    throw fromAnswer(response.status, await response.text().catch(() => ''))
  }

  async #at(path: string, call: Call): Promise<{ readonly target: URL; readonly headers: Record<string, string> }> {
    const { url, authorization } = await this.#endpoint(call)
    return { target: new URL(`${url.replace(/\/$/, '')}/${path}`), headers: authorization === undefined ? {} : { authorization } }
  }
}

/** What went wrong with the source is kept, since the request only tells that its body broke off. */
async function* within({ head, tail }: Form, source: Bytes, failure: { error?: unknown }): Bytes {
  yield Buffer.from(head)
  try {
    yield* source
  } catch (error) {
    failure.error = error
    throw error
  }
  yield Buffer.from(tail)
}
