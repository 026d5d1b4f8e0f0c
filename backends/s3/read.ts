import type { Bytes, Call, Range } from '../../src/core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../../src/core/error.ts'
import type { Bucket, Facts } from './bucket.ts'

const PART = 8 << 20 // bytes of one request
const AHEAD = 4 // requests at once: one connection rarely fills a line
const TRIES = 3 // of one part, whose connection may be cut anywhere

/** A range of one content, in order. What comes short is asked for again from where it broke, and never passed off as the whole. */
export async function* readObject(bucket: Bucket, facts: Facts, { offset = 0, length = Infinity, signal }: Call & Range): Bytes {
  const end = Math.min(offset + length, facts.size)
  const starts = Array.from({ length: Math.max(0, Math.ceil((end - offset) / PART)) }, (_, i) => offset + i * PART)
  const get = (from: number, to: number): Bytes => bucket.get(facts.source, { range: rangeOf(from, to, facts), ifMatch: facts.etag, signal })
  const part = (start: number): Bytes => whole(get, start, Math.min(start + PART, end))
  if (starts.length > 1) yield* inOrder(starts, (start) => Array.fromAsync(part(start)), signal)
  else for (const start of starts) yield* part(start)
}

/** Loads parts ahead, and gives them one after the other. */
async function* inOrder(starts: readonly number[], load: (start: number) => Promise<Uint8Array[]>, signal: AbortSignal | undefined): Bytes {
  const loading: Promise<Uint8Array[]>[] = []
  const begin = (start: number | undefined): void => {
    if (start === undefined) return
    const parts = load(start)
    parts.catch(() => {}) // told when its turn comes, which may be never
    loading.push(parts)
  }
  for (const start of starts.slice(0, AHEAD)) begin(start)
  for (const i of starts.keys()) {
    const parts = await loading.shift()
    throwIfAborted(signal, 'read')
    begin(starts[i + AHEAD])
    yield* parts ?? []
  }
}

const rangeOf = (from: number, to: number, { size }: Facts): string | undefined => (from === 0 && to === size ? undefined : `bytes=${from}-${to - 1}`)

async function* whole(get: (from: number, to: number) => Bytes, from: number, to: number): Bytes {
  let at = from
  for (let attempt = 1; at < to; attempt++) {
    try {
      for await (const bytes of get(at, to)) {
        at += bytes.length
        yield bytes
      }
      if (at < to) throw new VfsError('UNAVAILABLE', 'the storage ended its answer too early', { backend: 's3' })
    } catch (error) {
      if (attempt === TRIES || !isCode(error, 'UNAVAILABLE', 'TIMEOUT')) throw error
    }
  }
}
