import { VfsError } from '../../src/core/error.ts'
import { type GetBlock, parseCid } from '../../src/content/unixfs/index.ts'
import { added, carWith } from '../../src/ipfs/tree/added.ts'
import type { Publisher } from '../../src/ipfs/tree/published.ts'
import type { Space, Uploaded } from './service.ts'

/**
 * The root as the one upload that the space lists for the tree. What it shares with earlier ones stays in their shards, which
 * nothing here ever removes: a shard that an earlier root needed is one that this root may need.
 */
export class StorachaPublisher implements Publisher {
  readonly #space: Space
  readonly #get: GetBlock

  constructor(space: Space, get: GetBlock) {
    this.#space = space
    this.#get = get
  }

  async publish(root: string, previous: string | undefined): Promise<void> {
    const standing = previous === undefined ? undefined : await this.#listed(previous)
    const [to, from] = [parseCid(root), previous === undefined ? undefined : parseCid(previous)]
    await this.#space.upload(root, carWith(to, added(this.#get, to, from), this.#get), standing?.shards ?? [])
  }

  async withdraw(root: string): Promise<void> {
    await this.#space.unlist(root).catch(() => undefined)
  }

  async settle(_root: string, previous: string | undefined): Promise<void> {
    if (previous !== undefined) await this.#space.unlist(previous).catch(() => undefined)
  }

  async #listed(root: string): Promise<Uploaded> {
    for await (const upload of this.#space.uploads()) if (upload.root === root) return upload
    throw new VfsError('CONFLICT', 'somebody else moved the tree of this space', {
      hint: 'Only a new start takes over what stands there now; nothing of the old tree is lost.',
    })
  }
}
