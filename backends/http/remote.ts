import { createHash } from 'node:crypto'
import type { Bytes, Call } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import { fromFetch, refused } from './errors.ts'

export interface Facts {
  readonly size: number
  readonly modified: Date
  readonly etag: string
}

/** One file of a web server. What it does not promise is not assumed: a server may know no ranges, no sizes and no etags. */
export class Remote {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** Rejects UNSUPPORTED where the server does not tell the size. */
  async facts(call: Call = {}): Promise<Facts> {
    const response = await this.#ask('HEAD', {}, call)
    const size = response.headers.get('content-length')
    if (size === null) throw new VfsError('UNSUPPORTED', 'the server does not tell how large the file is', { backend: 'http' })
    const modified = response.headers.get('last-modified') ?? ''
    return { size: Number(size), modified: new Date(Date.parse(modified) || 0), etag: fingerprint(response.headers.get('etag') ?? '', modified, size) }
  }

  /** From `start` up to `end`, which the content must reach. */
  async *bytes(start: number, end: number, call: Call): Bytes {
    const response = await this.#ask('GET', { range: `bytes=${start}-${end - 1}` }, call)
    let at = response.status === 206 ? start : 0 // a server without ranges sends all of it
    try {
      for await (const part of response.body ?? []) {
        const wanted = part.subarray(Math.max(0, start - at), Math.max(0, end - at))
        at += part.length
        if (wanted.length > 0) yield wanted
        if (at >= end) return
      }
    } catch (error) {
      throw fromFetch(error, call.signal)
    }
    throw new VfsError('UNAVAILABLE', 'the server ended its answer too early', { backend: 'http' })
  }

  async #ask(method: 'HEAD' | 'GET', headers: Readonly<Record<string, string>>, { signal }: Call): Promise<Response> {
    const wanted = { method, headers: { ...headers, 'accept-encoding': 'identity' }, ...(signal && { signal }) }
    const response = await fetch(this.#url, wanted).catch((error: unknown) => Promise.reject(fromFetch(error, signal)))
    const problem = refused(response)
    if (problem) throw problem
    return response
  }
}

const fingerprint = (...facts: readonly string[]): string => createHash('sha256').update(JSON.stringify(facts)).digest('base64url').slice(0, 12)
