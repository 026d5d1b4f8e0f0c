import { crc32 } from 'node:zlib'
import type { Bytes, Call, Range } from '../../src/core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../../src/core/error.ts'
import type { Bucket, Facts } from './bucket.ts'
import { Line } from './line.ts'
import { Share } from './share.ts'

const PART = 8 << 20 // bytes of one request
const AHEAD = 4 // requests at once: one connection rarely fills a line
/** For the part that is read, and those ahead of it. */
const MEMORY = new Share(10 * PART, (AHEAD + 1) * PART)
const PIECE = 1 << 20 // bytes that are given at once
const SIGNED_S = 3600 // a longer read goes on in the usual way
const TRIES = 3 // of one part, whose connection may be cut anywhere

/**
 * A range of one content, in order. What comes short is asked for again from where it broke, and never passed off as the whole. All of it is
 * compared with the checksum that the storage keeps of the whole, if it keeps one: rejects CONTENT_DAMAGED, at the end.
 */
export async function* readObject(bucket: Bucket, facts: Facts, { offset = 0, length = Infinity, reuse = false, signal }: Call & Range): Bytes {
  const end = Math.min(offset + length, facts.size)
  const starts = Array.from({ length: Math.max(0, Math.ceil((end - offset) / PART)) }, (_, i) => offset + i * PART)
  const isWhole = offset === 0 && end === facts.size
  const get = (from: number, to: number): Bytes => atMost(to - from, bucket.get(facts.source, { range: rangeOf(from, to, facts), ifMatch: facts.etag, signal }))
  if (starts.length === 0) return
  if (starts.length === 1) {
    yield* isWhole ? small(bucket, facts, get, signal) : whole(get, offset, end)
    return
  }
  using lines = await linesTo(bucket, facts)
  using _ = MEMORY.enter()
  const load: Load = async (i, from, buffer) => {
    const to = Math.min(from + PART, end)
    const come = await lines.at(i)?.fetch({ first: from, last: to - 1, etag: facts.etag }, buffer, signal)
    return come ? buffer.subarray(0, to - from) : fill(buffer, whole(get, from, to))
  }
  const parts = inOrder(starts, load, { reuse, signal })
  yield* isWhole ? checked(parts, wholeSum(bucket, facts, signal)) : parts
}

/** undefined where it is not to be had: some may read an object and not its checksum. */
const wholeSum = (bucket: Bucket, { source, etag }: Facts, signal: AbortSignal | undefined): Promise<number | undefined> =>
  bucket.crc32(source, { ifMatch: etag, signal }).catch(() => undefined)

async function* checked(parts: Bytes, wanted: Promise<number | undefined>): Bytes {
  let sum = 0
  for await (const bytes of parts) {
    if ((await wanted) !== undefined) sum = crc32(bytes, sum)
    yield bytes
  }
  requireSum(await wanted, sum)
}

/** All in one answer, which the SDK compares, unless it breaks. */
async function* small(bucket: Bucket, facts: Facts, get: Get, signal: AbortSignal | undefined): Bytes {
  let [asked, sum] = [0, 0]
  const counted: Get = (from, to) => {
    asked++
    return get(from, to)
  }
  for await (const bytes of whole(counted, 0, facts.size)) {
    sum = crc32(bytes, sum)
    yield bytes
  }
  if (asked > 1) requireSum(await wholeSum(bucket, facts, signal), sum)
}

function requireSum(wanted: number | undefined, sum: number): void {
  if ((wanted ?? sum) !== sum) throw new VfsError('CONTENT_DAMAGED', 'the bytes are not those that the storage keeps', { backend: 's3' })
}

type Get = (from: number, to: number) => Bytes

/** One part into a buffer, of which it returns what was filled. */
type Load = (i: number, start: number, buffer: Uint8Array) => Promise<Uint8Array>

/** Loads parts ahead, and gives them one after the other. To reuse takes a buffer for each part that is loaded, and one for that which is read. */
async function* inOrder(starts: readonly number[], load: Load, { reuse, signal }: Pick<Range, 'reuse'> & Call): Bytes {
  const spare: Uint8Array[] = []
  const loading: Promise<Uint8Array>[] = []
  let begun = 0
  const begin = (): void => {
    for (const ahead = Math.max(1, MEMORY.parts(PART) - 1); loading.length < ahead && begun < starts.length; begun++) {
      const loaded = load(begun, starts[begun]!, spare.pop() ?? Buffer.allocUnsafeSlow(PART))
      loaded.catch(() => {}) // told when its turn comes, which may be never
      loading.push(loaded)
    }
  }
  begin()
  for (let next = loading.shift(); next; next = loading.shift()) {
    const content = await next
    throwIfAborted(signal, 'read')
    begin()
    for (let at = 0; at < content.length; at += PIECE) yield content.subarray(at, at + PIECE)
    if (reuse) spare.push(new Uint8Array(content.buffer))
  }
}

interface Lines extends Disposable {
  /** The one that part `i` takes: it has brought the one that was read before. */
  at(i: number): Line | undefined
}

/** One for each part that is loaded at the same time. None where the address cannot be signed, or the etag is no text of a header. */
async function linesTo(bucket: Bucket, { source, etag }: Facts): Promise<Lines> {
  const url = /^[\x20-\x7e]*$/.test(etag) ? await bucket.link(source, { seconds: SIGNED_S, upload: false }).catch(() => undefined) : undefined
  const lines = url === undefined ? [] : Array.from({ length: AHEAD }, () => new Line(new URL(url)))
  return {
    at: (i) => lines[i % AHEAD],
    [Symbol.dispose]: () => {
      for (const line of lines) line[Symbol.dispose]()
    },
  }
}

/** Each chunk is let go as soon as it is copied: what thousands of them leave behind would keep the collector busy for a third of the time. */
async function fill(buffer: Uint8Array, chunks: Bytes): Promise<Uint8Array> {
  let size = 0
  for await (const chunk of chunks) {
    buffer.set(chunk, size)
    size += chunk.length
    const { buffer: memory } = chunk
    if (memory instanceof ArrayBuffer && memory.byteLength === chunk.length) memory.transfer(0)
  }
  return buffer.subarray(0, size)
}

const rangeOf = (from: number, to: number, { size }: Facts): string | undefined => (from === 0 && to === size ? undefined : `bytes=${from}-${to - 1}`)

async function* atMost(length: number, source: Bytes): Bytes {
  let sent = 0
  for await (const bytes of source) {
    sent += bytes.length
    if (sent > length) throw new VfsError('IO_ERROR', 'the storage sent more than was asked for', { backend: 's3' })
    yield bytes
  }
}

async function* whole(get: Get, from: number, to: number): Bytes {
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
