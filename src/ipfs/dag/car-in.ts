import { asyncIterableReader, createDecoder } from '@ipld/car/decoder'
import type { Bytes, Call } from '../../core/backend.ts'
import { isCode, VfsError } from '../../core/error.ts'
import { type Block, MAX_BLOCK_BYTES } from '../types.ts'
import type { DagNode } from './resolve.ts'

export interface CarOptions extends Call {
  readonly onProgress?: ((bytes: number) => void) | undefined
  /** Called before a block is taken; what it throws ends the import. */
  readonly onRoots?: ((roots: readonly string[]) => void) | undefined
}

export interface CarContent {
  readonly roots: readonly string[]
  readonly blocks: number
  readonly bytes: number
}

const MAX_READ = MAX_BLOCK_BYTES + 256 // a block and its CID

/** Takes every block of a CAR (version 1 or 2) in, each verified. Rejects INVALID_CAR; what came before the damage stays, unpinned. */
export async function importCar({ blocks }: Pick<DagNode, 'blocks'>, source: Bytes, { signal, onProgress, onRoots }: CarOptions = {}): Promise<CarContent> {
  const iterator = source[Symbol.asyncIterator]()
  const count = { blocks: 0, bytes: 0 }
  try {
    const decoder = carDecoder({ [Symbol.asyncIterator]: () => iterator })
    const roots = (await decoder.header()).roots.map(String)
    if (roots.length === 0) throw new Error('it names no root')
    onRoots?.(roots)
    await blocks.put(counted(decoder.blocks(), count, onProgress), { signal })
    return { roots, ...count }
  } catch (error) {
    throw damaged(error, count.blocks)
  } finally {
    await iterator.return?.()
  }
}

/** Reads a CAR (version 1 or 2) of blocks that have the size of one, and checks no hash. It throws whatever the library does. */
export const carDecoder = (source: Bytes): Decoder => createDecoder(bounded(asyncIterableReader(source)))

type Decoder = ReturnType<typeof createDecoder>
type Reader = ReturnType<typeof asyncIterableReader>

async function* counted(
  from: ReturnType<Decoder['blocks']>,
  count: { blocks: number; bytes: number },
  onProgress?: (bytes: number) => void,
): AsyncGenerator<Block> {
  for await (const { cid, bytes } of from) {
    yield { cid: cid.toString(), bytes }
    count.blocks++
    onProgress?.((count.bytes += bytes.length))
  }
}

/** The length of a block is what the archive says: no more than a block can have is ever held for it. */
const bounded = (reader: Reader): Reader => ({
  upTo: (length) => reader.upTo(length),
  exactly: async (length, seek) => {
    if (length < 0 || length > MAX_READ) throw new Error(`a part of ${length} bytes`)
    return reader.exactly(length, seek)
  },
  seek: (length) => reader.seek(length),
  get pos() {
    return reader.pos
  },
})

/** Of the source and the node their own errors stay: whatever else is thrown, the library did not understand. */
function damaged(error: unknown, blocks: number): unknown {
  if (error instanceof VfsError && !isCode(error, 'INVALID_BLOCK', 'INVALID_CID', 'FILE_TOO_LARGE')) return error
  const why = error instanceof Error ? error.message.slice(0, 200) : String(error)
  return new VfsError('INVALID_CAR', `the CAR is damaged after ${blocks} blocks: ${why}`, { cause: error })
}
