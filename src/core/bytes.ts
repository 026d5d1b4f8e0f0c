import type { Bytes } from './backend.ts'
import { throwIfAborted, VfsError } from './error.ts'

/** A whole small content. Rejects FILE_TOO_LARGE as soon as more than `limit` bytes came; `hint`: what to do then. */
export async function collect(source: Bytes, limit: number, hint?: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of source) {
    size += part.length
    if (size > limit) throw new VfsError('FILE_TOO_LARGE', `the content is larger than ${limit} bytes`, { details: { limit }, hint })
    parts.push(part)
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, size)
}

export async function* bytesOf(...parts: readonly (string | Uint8Array)[]): Bytes {
  for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part
}

/** Either all of a small source, or its first parts and the way to the rest. */
export type Peeked = { readonly whole: Uint8Array } | { readonly stream: Bytes }

/** Reads on until the source ends or passes `limit` bytes; nothing is lost. If the source may write over its parts (see Range.reuse), what is held while more is asked for is a copy. */
export async function peek(source: Bytes, limit: number, reused = true): Promise<Peeked> {
  const iterator = source[Symbol.asyncIterator]()
  const parts: Uint8Array[] = []
  let size = 0
  while (size <= limit) {
    const next = await iterator.next()
    if (next.done) return { whole: parts.length === 1 ? parts[0]! : Buffer.concat(parts, size) }
    size += next.value.length
    parts.push(!reused || size > limit ? next.value : Buffer.from(next.value))
  }
  return { stream: resume(parts, iterator) }
}

/** What has gone by is held no longer. */
async function* resume(parts: Uint8Array[], iterator: AsyncIterator<Uint8Array>): Bytes {
  try {
    for (let part = parts.shift(); part; part = parts.shift()) yield part
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
  } finally {
    await iterator.return?.()
  }
}

/**
 * The bytes that a caller hands in for writing. What goes wrong with them is SOURCE_FAILED, unless it is a VfsError; a
 * cancelled call is CANCELLED at once, also while the source is silent.
 */
export async function* incoming(source: Bytes, path: string, signal?: AbortSignal): Bytes {
  const iterator = source[Symbol.asyncIterator]()
  let waiting = true
  try {
    for (;;) {
      throwIfAborted(signal, 'write')
      waiting = true
      const next = await (signal ? orAborted(iterator.next(), signal) : iterator.next())
      waiting = false
      if (next.done) return
      yield next.value
    }
  } catch (error) {
    throwIfAborted(signal, 'write')
    if (error instanceof VfsError) throw error
    throw new VfsError('SOURCE_FAILED', `the source of ${path} failed; nothing was written`, { op: 'write', path, cause: error })
  } finally {
    const closed = iterator.return?.()
    // A source that is silent would not answer: it closes when it wakes.
    if (waiting) closed?.catch(() => undefined)
    else await closed
  }
}

/** What `work` comes to, or at once the reason of the signal: the work itself goes on. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const over = Promise.withResolvers<never>()
  const abort = (): void => over.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, over.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Tells after each part how much has gone by. */
export async function* counted(source: Bytes, tell: (bytes: number) => void): Bytes {
  let bytes = 0
  for await (const part of source) {
    yield part
    tell((bytes += part.length))
  }
}
