import type { Bytes } from '../core/backend.ts'
import { bytesOf, collect } from '../core/bytes.ts'
import { isCode } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'
import type { OpenFile, VfsCall } from '../vfs/types.ts'
import type { Budget } from './budget.ts'
import { BATCH_BYTES, PIECE_BYTES } from './limits.ts'
import { mapOrdered } from './ordered.ts'
import { Pieces } from './pieces.ts'
import type { Item, Packed } from './protocol.ts'
import type { Searchable } from './types.ts'

/** So many files are read at once: a remote storage answers each only after its time. */
const READERS = 16

/** A file's content, or the way to it, or nothing if it cannot be read. */
type Loaded = Uint8Array | OpenFile | undefined

/** A part of a batch that travels to a worker at once. */
export interface Load {
  readonly paths: readonly VfsPath[]
  readonly content: Packed
  readonly pieces: Pieces
}

interface Reading {
  readonly vfs: Searchable
  readonly call: VfsCall
  readonly budget: Budget
}

/** Reads files and packs them into loads of about BATCH_BYTES; ends early where the budget does. */
export async function* loads(reading: Reading, paths: readonly VfsPath[]): AsyncGenerator<Load> {
  let packed = 0
  let loaded: Loaded[] = []
  let bytes = 0
  for await (const { content, within } of mapOrdered(paths, READERS, (path) => load(reading, path))) {
    loaded.push(content)
    bytes += content instanceof Uint8Array ? content.length : 0
    if (bytes < BATCH_BYTES && within) continue
    yield pack(paths.slice(packed, packed + loaded.length), loaded)
    if (!within) return
    packed += loaded.length
    loaded = []
    bytes = 0
  }
  if (loaded.length > 0) yield pack(paths.slice(packed), loaded)
}

/** Not on behalf of the session: a search shows lines, and must not pass for having read the file (journal.md, 12). */
async function load({ vfs, call, budget }: Reading, path: VfsPath): Promise<{ readonly content: Loaded; readonly within: boolean }> {
  try {
    const file = await vfs.open(path, { signal: call.signal, actor: { ...call.actor, session: undefined } })
    const within = await budget.spend(file.stat.mount, file.stat.size)
    return { within, content: file.stat.size > PIECE_BYTES ? file : await collect(file.read(), PIECE_BYTES) }
  } catch (error) {
    if (isCode(error, 'CANCELLED')) throw error
    return { content: undefined, within: true }
  }
}

/** Copies, because a storage may hand out its own memory, which must not go away with the message. */
function pack(paths: readonly VfsPath[], loaded: readonly Loaded[]): Load {
  const bytes = new Uint8Array(loaded.reduce((sum, content) => sum + (content instanceof Uint8Array ? content.length : 0), 0))
  const items: Item[] = []
  let offset = 0
  for (const content of loaded) {
    if (content instanceof Uint8Array) {
      bytes.set(content, offset)
      items.push({ offset, length: content.length })
      offset += content.length
    } else items.push(content ? 'pieces' : 'absent')
  }
  return { paths, content: { items, bytes: bytes.buffer }, pieces: new Pieces((file) => stream(loaded[file])) }
}

const stream = (content: Loaded): Bytes => (content === undefined || content instanceof Uint8Array ? bytesOf() : content.read())
