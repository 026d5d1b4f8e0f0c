import { hash } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Bytes, Call } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import type { WebClient } from '../../src/core/web.ts'
import { brokenOff, refused } from './errors.ts'

export interface Facts {
  readonly size: number
  readonly modified: Date
  readonly etag: string
  /** The server's own words for this content, as far as it has any. */
  readonly words: Words
}

interface Words {
  readonly etag: string | undefined
  readonly modified: string | undefined
}

/** One file of a web server. What it does not promise is not assumed: a server may know no ranges, no sizes and no etags. */
export class Remote {
  readonly #url: URL
  readonly #client: WebClient

  constructor(url: URL, client: WebClient) {
    this.#url = url
    this.#client = client
  }

  /** Rejects UNSUPPORTED where the server does not tell the size. */
  async facts(call: Call = {}): Promise<Facts> {
    const answer = await this.#ask('HEAD', {}, call)
    answer.resume()
    const { 'content-length': size } = answer.headers
    if (size === undefined) throw new VfsError('UNSUPPORTED', 'the server does not tell how large the file is', { backend: 'http' })
    const words = wordsOf(answer.headers)
    const { etag = '', modified = '' } = words
    return { size: Number(size), modified: new Date(Date.parse(modified) || 0), etag: fingerprint(etag, modified, size), words }
  }

  /** From `start` up to `end`, which the content must reach. Rejects CONFLICT where it is no longer the content of these facts. */
  async *bytes(facts: Facts, start: number, end: number, call: Call): Bytes {
    const answer = await this.#ask('GET', { range: `bytes=${start}-${end - 1}` }, call)
    try {
      let at = beginOf(answer, facts, start)
      for await (const part of answer as AsyncIterable<Buffer>) {
        const wanted = part.subarray(Math.max(0, start - at), Math.max(0, end - at))
        at += part.length
        if (wanted.length > 0) yield wanted
        if (at >= end) return
      }
    } catch (error) {
      throw brokenOff(error, call.signal)
    } finally {
      answer.destroy()
    }
    throw new VfsError('UNAVAILABLE', 'the server ended its answer too early', { backend: 'http' })
  }

  async #ask(method: 'HEAD' | 'GET', headers: Readonly<Record<string, string>>, { signal }: Call): Promise<IncomingMessage> {
    const answer = await this.#client.ask(this.#url, { method, headers: { ...headers, 'accept-encoding': 'identity' }, signal })
    const problem = refused(answer)
    if (!problem) return answer
    answer.destroy()
    throw problem
  }
}

/** Where in the file the answer begins: a server without ranges sends all of it. */
function beginOf({ statusCode, headers }: IncomingMessage, { size, words }: Facts, wanted: number): number {
  const isPart = statusCode === 206
  const [, begin, whole] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
  const told = isPart ? whole : headers['content-length']
  const now = wordsOf(headers)
  if (differ(told === '*' ? undefined : told, String(size)) || differ(now.etag, words.etag) || differ(now.modified, words.modified))
    throw new VfsError('CONFLICT', 'was changed while it was read', { backend: 'http' })
  if (isPart && Number(begin) !== wanted) throw new VfsError('UNAVAILABLE', 'the server sent another range than was asked for', { backend: 'http' })
  return isPart ? wanted : 0
}

/** What a server says on one occasion only tells nothing. */
const differ = (one: string | undefined, other: string | undefined): boolean => one !== undefined && other !== undefined && one !== other

/** Some servers call the same content strong in one answer and weak in the next. */
const wordsOf = ({ etag, 'last-modified': modified }: IncomingHttpHeaders): Words => ({ etag: etag?.replace(/^W\//, ''), modified })

const fingerprint = (...facts: readonly string[]): string => hash('sha256', JSON.stringify(facts), 'base64url').slice(0, 12)
