import type { Bytes, Range } from '../../src/core/backend.ts'

const BLOCK = 256 * 1024

/** An immutable content in blocks of equal size (the last may be shorter), so that no file needs one huge buffer. */
export interface Content {
  readonly size: number
  readonly blocks: readonly Uint8Array[]
}

/** Copies what comes, since a source may use its buffer again; `grown` may refuse more bytes. */
export async function gather(source: Bytes, grown: (bytes: number) => void): Promise<Content> {
  const blocks: Uint8Array[] = []
  let tail = new Uint8Array(0)
  let size = 0
  for await (const part of source) {
    grown(part.length)
    size += part.length
    for (let rest = part; rest.length > 0;) {
      const room = rest.subarray(0, BLOCK - tail.length)
      tail = joined(tail, room)
      rest = rest.subarray(room.length)
      if (tail.length < BLOCK) continue
      blocks.push(tail)
      tail = new Uint8Array(0)
    }
  }
  if (tail.length > 0) blocks.push(tail.slice())
  return { size, blocks }
}

/** Appends within a buffer that doubles, so that many small parts cost no more than a few large ones. */
function joined(tail: Uint8Array, part: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = tail.length + part.length
  const room = tail.buffer.byteLength >= size ? tail.buffer : new ArrayBuffer(Math.min(BLOCK, Math.max(size, 2 * tail.buffer.byteLength)))
  const grown = new Uint8Array(room as ArrayBuffer, 0, size)
  if (room !== tail.buffer) grown.set(tail)
  grown.set(part, tail.length)
  return grown
}

export function* slices({ size, blocks }: Content, { offset = 0, length = Infinity }: Range): Generator<Uint8Array> {
  const end = Math.min(offset + length, size)
  for (let at = offset; at < end;) {
    const start = at - (at % BLOCK)
    const part = blocks[start / BLOCK]?.subarray(at - start, Math.min(end - start, BLOCK))
    if (!part || part.length === 0) return
    yield part
    at += part.length
  }
}
