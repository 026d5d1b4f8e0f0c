import { createHash } from 'node:crypto'
import type { Bytes, Call } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import { fromFetch, refused } from './errors.ts'
import { redirected } from './redirect.ts'

const MOST_REDIRECTS = 5

export interface Facts {
  readonly size: number
  readonly modified: Date
  readonly etag: string
  /** The server's own words for this content, as far as it has any. */
  readonly words: Words
}

interface Words {
  readonly etag: string | null
  readonly modified: string | null
}

/** One file of a web server. What it does not promise is not assumed: a server may know no ranges, no sizes and no etags. */
export class Remote {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** Rejects UNSUPPORTED where the server does not tell the size. */
  async facts(call: Call = {}): Promise<Facts> {
    const { headers } = await this.#ask('HEAD', {}, call)
    const size = headers.get('content-length')
    if (size === null) throw new VfsError('UNSUPPORTED', 'the server does not tell how large the file is', { backend: 'http' })
    const words = wordsOf(headers)
    const modified = words.modified ?? ''
    return { size: Number(size), modified: new Date(Date.parse(modified) || 0), etag: fingerprint(words.etag ?? '', modified, size), words }
  }

  /** From `start` up to `end`, which the content must reach. Rejects CONFLICT where it is no longer the content of these facts. */
  async *bytes(facts: Facts, start: number, end: number, call: Call): Bytes {
    const response = await this.#ask('GET', { range: `bytes=${start}-${end - 1}` }, call)
    let at = await checked(response, () => beginOf(response, facts, start))
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

  async #ask(method: 'HEAD' | 'GET', headers: Readonly<Record<string, string>>, call: Call): Promise<Response> {
    const named = new URL(this.#url)
    let at = named
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const response = await once(at, { method, headers: { ...headers, 'accept-encoding': 'identity' } }, call)
      const next = await checked(response, () => redirected(response, at, named))
      if (!next) return checked(response, () => acceptable(response))
      await response.body?.cancel()
      at = next
    }
    throw new VfsError('UNAVAILABLE', `the server redirects more than ${MOST_REDIRECTS} times`, { backend: 'http' })
  }
}

const once = (url: URL, init: RequestInit, { signal }: Call): Promise<Response> =>
  fetch(url, { ...init, redirect: 'manual', ...(signal && { signal }) }).catch((error: unknown) => Promise.reject(fromFetch(error, signal)))

function acceptable(response: Response): Response {
  const problem = refused(response) ?? packed(response)
  if (problem) throw problem
  return response
}

/** An answer that is not wanted is not waited for. */
async function checked<T>(response: Response, check: () => T | Promise<T>): Promise<T> {
  try {
    return await check()
  } catch (error) {
    await response.body?.cancel().catch(() => {})
    throw error
  }
}

/** Where in the file the answer begins: a server without ranges sends all of it. */
function beginOf({ status, headers }: Response, { size, words }: Facts, wanted: number): number {
  const [, begin, whole] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? []
  const told = status === 206 ? whole : headers.get('content-length')
  const now = wordsOf(headers)
  if (differ(told === '*' ? undefined : told, String(size)) || differ(now.etag, words.etag) || differ(now.modified, words.modified))
    throw new VfsError('CONFLICT', 'was changed while it was read', { backend: 'http' })
  if (status !== 206) return 0
  if (Number(begin) !== wanted) throw new VfsError('UNAVAILABLE', 'the server sent another range than was asked for', { backend: 'http' })
  return wanted
}

/** What a server says on one occasion only tells nothing. */
const differ = (one: string | null | undefined, other: string | null): boolean => one !== undefined && one !== null && other !== null && one !== other

/** Size and ranges of what is compressed are not those of the file. */
function packed({ headers }: Response): VfsError | undefined {
  const encoding = headers.get('content-encoding') ?? 'identity'
  return encoding === 'identity' ? undefined : new VfsError('UNSUPPORTED', 'the server sends the file only compressed', { backend: 'http' })
}

/** Some servers call the same content strong in one answer and weak in the next. */
const wordsOf = (headers: Headers): Words => ({ etag: headers.get('etag')?.replace(/^W\//, '') ?? null, modified: headers.get('last-modified') })

const fingerprint = (...facts: readonly string[]): string => createHash('sha256').update(JSON.stringify(facts)).digest('base64url').slice(0, 12)
