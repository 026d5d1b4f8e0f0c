import type { Call } from '../../core/backend.ts'
import { isCode, VfsError } from '../../core/error.ts'
import { KEPT } from '../pinned.ts'
import type { Block, Keeps, NodeBlocks } from '../types.ts'
import { LOCALLY, type Rpc } from './rpc.ts'
import type { Kept, KuboStore } from './store.ts'

/** The daemon looks at every block below it, and says nothing meanwhile: a tree of a million files takes minutes. */
const PIN_MS = 600_000

export interface KeepsParts {
  readonly store: KuboStore
  readonly rpc: Rpc
  readonly blocks: Pick<NodeBlocks, 'put'>
  readonly guard: (call?: Call) => Promise<AsyncDisposable>
}

/**
 * What is kept in a daemon, in a database of the data folder. There it is held by a recursive pin of a small node that
 * names it, so that neither letting it go nor a user's unpinning touches the other.
 */
export class KuboKeeps implements Keeps {
  readonly #parts: KeepsParts

  constructor(parts: KeepsParts) {
    this.#parts = parts
  }

  /** The pin first: a crash in between leaves a pin too many, never content that is kept by name only. */
  async set(id: string, cid: string, call: Call = {}): Promise<void> {
    const { store, blocks, guard } = this.#parts
    await using _ = await guard(call)
    if ((await store.kept(id)) !== undefined) throw taken(id)
    const holder = await holderOf({ id, cid })
    await blocks.put(one(holder), call)
    await this.#pin(holder.cid, call)
    if (!(await store.keep({ id, cid }))) throw taken(id)
  }

  get(id: string): Promise<string | undefined> {
    return this.#parts.store.kept(id)
  }

  /** The pin first here too: what was begun to be let go is let go by the next attempt. */
  async remove(id: string, call: Call = {}): Promise<void> {
    const cid = await this.get(id)
    if (cid === undefined) return
    await this.unpin((await holderOf({ id, cid })).cid, call)
    await this.#parts.store.letGo(id)
  }

  /** Those of these pins of ours whose keep died before it was written down, or was not let go. */
  async strays(pins: readonly string[]): Promise<string[]> {
    const holders = await Promise.all((await this.#parts.store.allKept()).map(holderOf))
    const known = new Set(holders.map(({ cid }) => cid))
    return pins.filter((pin) => !known.has(pin))
  }

  /** What is not all here cannot be held: then only its CID is remembered, and the rest comes from where it always came. */
  async #pin(holder: string, call: Call): Promise<void> {
    try {
      await this.#parts.rpc.call('pin/add', call, (kubo, options) => kubo.pin.add(holder, { ...options, ...LOCALLY, name: KEPT }), PIN_MS)
    } catch (error) {
      if (!isCode(error, 'OFFLINE')) throw error
    }
  }

  async unpin(holder: string, call: Call): Promise<void> {
    try {
      await this.#parts.rpc.call('pin/rm', call, (kubo, options) => kubo.pin.rm(holder, options))
    } catch (error) {
      if (!isCode(error, 'NOT_PINNED')) throw error
    }
  }
}

async function holderOf({ id, cid }: Kept): Promise<Block> {
  const [{ code, encode }, { cidOf, parseCid }] = await Promise.all([import('@ipld/dag-cbor'), import('../../content/unixfs/index.ts')])
  const bytes = encode({ content: parseCid(cid), 'polymount-kept': id })
  return { cid: cidOf(code, bytes).toString(), bytes }
}

async function* one(block: Block): AsyncGenerator<Block> {
  yield block
}

const taken = (id: string): VfsError => new VfsError('ALREADY_EXISTS', `something is kept under ${JSON.stringify(id)} already`)
