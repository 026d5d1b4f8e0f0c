import { hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { VfsError } from '../core/error.ts'
import { below, type VfsPath } from '../core/path.ts'
import type { IpfsNode } from '../ipfs/types.ts'
import { Hold } from '../sqlite/hold.ts'
import type { Vfs } from '../vfs/types.ts'
import { SyncIndex } from './index.ts'
import { forget, Keeper } from './keeper.ts'
import type { Sync, SyncCall, Synced } from './types.ts'

const REMEMBERED = 64 // folders, each with its options: what was synced longest ago begins from nothing

export interface SyncParts {
  /** The data folder. */
  readonly folder: string
  readonly vfs: Vfs
  readonly node: IpfsNode
}

export class FolderSync implements Sync, AsyncDisposable {
  readonly #parts: SyncParts
  #index: Promise<SyncIndex> | undefined

  constructor(parts: SyncParts) {
    this.#parts = parts
  }

  async toIpfs(path: VfsPath, call: SyncCall): Promise<Synced> {
    const { vfs, node } = this.#parts
    const index = await (this.#index ??= SyncIndex.open(this.#parts.folder))
    const key = await this.#key(path, call)
    const hold = this.#hold(key)
    if (!hold) throw new VfsError('BUSY', `${path} is being synced by another call`, { op: 'sync', path })
    try {
      await using _ = await node.guard()
      const keeper = await Keeper.begin(index, node.keeps, key)
      const { Run } = await import('./run.ts')
      const synced = await new Run({ vfs, index, keeper, blocks: node.blocks }, path, call).whole(path)
      await this.#forgetOldest(index)
      return synced
    } finally {
      hold.release()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#index)?.[Symbol.asyncDispose]()
  }

  /** Of all that the result depends on beside the files: where they stand, what is asked for, and which node has the blocks. */
  async #key(path: VfsPath, { include = [], exclude = [], preserve = false, actor, signal }: SyncCall): Promise<string> {
    const { vfs, node } = this.#parts
    const places = (await vfs.places(path, { actor, signal })).map(({ volume, inner, shown }) => [volume, inner, below(path, shown)])
    return hash('sha256', JSON.stringify([node.engine, node.mfs.volume, places, include, exclude, preserve]))
  }

  /** One sync of a folder at a time, in all processes of the data folder. */
  #hold(key: string): Hold | undefined {
    const folder = join(this.#parts.folder, 'run')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return Hold.try(folder, `sync-${key.slice(0, 32)}`)
  }

  async #forgetOldest(index: SyncIndex): Promise<void> {
    for (const { id, key } of await index.oldest(REMEMBERED)) {
      const hold = this.#hold(key)
      if (!hold) continue
      await forget(index, this.#parts.node.keeps, id)
      hold.remove()
    }
  }
}
