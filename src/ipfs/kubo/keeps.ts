import { join } from 'node:path'
import type { Call } from '../../core/backend.ts'
import { isCode, VfsError } from '../../core/error.ts'
import { patiently } from '../../sqlite/busy.ts'
import { Committer } from '../../sqlite/committer.ts'
import type { Database } from '../../sqlite/database.ts'
import { openShared } from '../../sqlite/shared.ts'
import type { Block, Keeps, NodeBlocks } from '../types.ts'
import { LOCALLY, type Rpc } from './rpc.ts'

/** Of the pins that protect what we keep; a user's own pin of the same content is another one. */
export const KEPT = 'polymount:kept'

/** The daemon looks at every block below it, and says nothing meanwhile: a tree of a million files takes minutes. */
const PIN_MS = 600_000

const SCHEMA = 'CREATE TABLE kept (volume TEXT NOT NULL, id TEXT NOT NULL, cid TEXT NOT NULL, PRIMARY KEY (volume, id)) STRICT'

/**
 * What is kept in a daemon, in a database of the data folder. There it is held by a recursive pin of a small node that
 * names it, so that neither letting it go nor a user's unpinning touches the other.
 */
export class KuboKeeps implements Keeps, AsyncDisposable {
  readonly #volume: string
  readonly #db: Database
  readonly #committer: Committer
  readonly #rpc: Rpc
  readonly #blocks: Pick<NodeBlocks, 'put'>

  private constructor(volume: string, db: Database, rpc: Rpc, blocks: Pick<NodeBlocks, 'put'>) {
    this.#volume = volume
    this.#db = db
    this.#committer = new Committer(db)
    this.#rpc = rpc
    this.#blocks = blocks
  }

  static async open(folder: string, volume: string, rpc: Rpc, blocks: Pick<NodeBlocks, 'put'>): Promise<KuboKeeps> {
    return new KuboKeeps(volume, await openShared(join(folder, 'kubo.db'), [SCHEMA]), rpc, blocks)
  }

  /** The pin first: a crash in between leaves a pin too many, never content that is kept by name only. */
  async set(id: string, cid: string, call: Call = {}): Promise<void> {
    if ((await this.get(id)) !== undefined) throw taken(id)
    const holder = await this.#holder(id, cid)
    await this.#blocks.put(one(holder), call)
    await this.#pin(holder.cid, call)
    if (!(await this.#committer.run(() => this.#db.run('INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO NOTHING', this.#volume, id, cid) > 0))) throw taken(id)
  }

  async get(id: string): Promise<string | undefined> {
    return patiently(() => this.#db.get<{ readonly cid: string }>('SELECT cid FROM kept WHERE volume = ? AND id = ?', this.#volume, id)?.cid)
  }

  /** The pin first here too: what was begun to be let go is let go by the next attempt. */
  async remove(id: string, call: Call = {}): Promise<void> {
    const cid = await this.get(id)
    if (cid === undefined) return
    const holder = await this.#holder(id, cid)
    await this.#unpin(holder.cid, call)
    await this.#committer.run(() => this.#db.run('DELETE FROM kept WHERE volume = ? AND id = ?', this.#volume, id))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#committer.settled()
    this.#db.close()
  }

  /** What is not all here cannot be held: then only its CID is remembered, and the rest comes from where it always came. */
  async #pin(holder: string, call: Call): Promise<void> {
    try {
      await this.#rpc.call('pin/add', call, (kubo, options) => kubo.pin.add(holder, { ...options, ...LOCALLY, name: KEPT }), PIN_MS)
    } catch (error) {
      if (!isCode(error, 'OFFLINE')) throw error
    }
  }

  async #unpin(holder: string, call: Call): Promise<void> {
    try {
      await this.#rpc.call('pin/rm', call, (kubo, options) => kubo.pin.rm(holder, options))
    } catch (error) {
      if (!isCode(error, 'NOT_PINNED')) throw error
    }
  }

  async #holder(id: string, cid: string): Promise<Block> {
    const [{ code, encode }, { cidOf, parseCid }] = await Promise.all([import('@ipld/dag-cbor'), import('../../content/unixfs/index.ts')])
    const bytes = encode({ content: parseCid(cid), 'polymount-kept': id })
    return { cid: cidOf(code, bytes).toString(), bytes }
  }
}

async function* one(block: Block): AsyncGenerator<Block> {
  yield block
}

const taken = (id: string): VfsError => new VfsError('ALREADY_EXISTS', `something is kept under ${JSON.stringify(id)} already`)
