import { hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { VfsError } from '../core/error.ts'
import { below, type VfsPath, vfsPath } from '../core/path.ts'
import type { IpfsNode } from '../ipfs/types.ts'
import { Hold } from '../sqlite/hold.ts'
import type { Mirrored, MirrorMemory, Vfs, VfsCall } from '../vfs/types.ts'
import { SyncIndex } from './index.ts'
import { forget, Keeper } from './keeper.ts'
import type { FromCall, Sync, SyncCall, Synced } from './types.ts'

const REMEMBERED = 64 // folders, each with its options: what was synced longest ago begins from nothing

export interface SyncParts {
  /** The data folder. */
  readonly folder: string
  readonly vfs: Vfs
  readonly node: IpfsNode
}

/** Of all that a result depends on beside the files themselves. */
const keyOf = (...facts: readonly unknown[]): string => hash('sha256', JSON.stringify(facts))

export class FolderSync implements Sync, AsyncDisposable {
  readonly #parts: SyncParts
  #index: Promise<SyncIndex> | undefined

  constructor(parts: SyncParts) {
    this.#parts = parts
  }

  async toIpfs(path: VfsPath, call: SyncCall): Promise<Synced> {
    const { vfs, node } = this.#parts
    const index = await this.#opened()
    const { include = [], exclude = [], preserve = false } = call
    const key = keyOf(node.engine, node.mfs.volume, await this.#places(path, call), include, exclude, preserve)
    const hold = this.#hold(key)
    if (!hold) throw new VfsError('BUSY', `${path} is being synced by another call`, { op: 'sync', path })
    try {
      await using _ = await node.guard()
      await vfs.requireFinite(path, call)
      const keeper = await Keeper.begin(index, node, key, { signal: call.signal })
      const { Run } = await import('./run.ts')
      const synced = await new Run({ vfs, index, keeper, blocks: node.blocks }, path, call).whole(path)
      await this.#forgetOldest(index)
      return synced
    } finally {
      hold.release()
    }
  }

  async fromIpfs(source: string, path: VfsPath, call: FromCall): Promise<Mirrored & { readonly cid: string }> {
    const { vfs, node } = this.#parts
    const cid = await node.resolve(source, { signal: call.signal })
    const index = await this.#opened()
    const scope = await index.scope(keyOf('contents', await this.#places(path, call)))
    const memory: MirrorMemory = {
      recall: (at, etag) => index.contentOf(scope.id, below(path, at), etag),
      learn: (at, etag, content) => index.setContent(scope.id, below(path, at), etag, content),
    }
    const mirrored = await vfs.mirror(vfsPath(`/ipfs/${cid}`), path, { ...call, memory })
    await this.#forgetOldest(index)
    return { ...mirrored, cid }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#index?.catch(() => undefined))?.[Symbol.asyncDispose]()
  }

  /** One that could not be opened is tried again by the next call. */
  async #opened(): Promise<SyncIndex> {
    this.#index ??= SyncIndex.open(this.#parts.folder)
    try {
      return await this.#index
    } catch (error) {
      this.#index = undefined
      throw error
    }
  }

  /** What was remembered holds while these stay, whatever they are called. */
  async #places(top: VfsPath, { actor, signal }: VfsCall): Promise<readonly string[][]> {
    const places = await this.#parts.vfs.places(top, { actor, signal })
    return places.map(({ volume, inner, shown }) => [volume, inner, below(top, shown)])
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
      hold.release()
    }
  }
}
