import { inDoubt } from '../../src/core/effect.ts'
import { type GetBlock, parseCid } from '../../src/content/unixfs/index.ts'
import { added, carWith } from '../../src/ipfs/tree/added.ts'
import { type Left, moved, type Publisher } from '../../src/ipfs/tree/published.ts'
import type { Published } from '../../src/ipfs/tree/types.ts'
import type { Shard, Space, Uploaded } from './service.ts'

export interface StorachaPublisherOptions {
  readonly space: Space
  readonly get: GetBlock
  readonly published: Published
}

/**
 * The root as the one upload that the space lists for the tree. What it shares with earlier ones stays in their shards, which
 * nothing here ever removes: a shard that an earlier root needed is one that this root may need.
 */
export class StorachaPublisher implements Publisher {
  readonly #options: StorachaPublisherOptions
  /** By others, from before the tree was opened. */
  #history: ReadonlySet<string> = new Set()
  /** Of the root that was published last. */
  #shards: readonly Shard[] = []

  constructor(options: StorachaPublisherOptions) {
    this.#options = options
  }

  async publish(root: string, previous: string | undefined): Promise<void> {
    const { space, get, published } = this.#options
    const standing = previous === undefined ? undefined : await this.#standing(previous)
    const [to, from] = [parseCid(root), previous === undefined ? undefined : parseCid(previous)]
    await published.add(root)
    try {
      this.#shards = await space.upload(root, carWith(to, added(get, to, from), get), standing?.shards ?? [])
    } catch (cause) {
      throw inDoubt(cause)
    }
  }

  async rivals(root: string, previous: string | undefined): Promise<readonly string[]> {
    const uploads = await this.#uploads()
    const theirs = await this.#theirs(uploads)
    if (previous !== undefined && !uploads.some((upload) => upload.root === previous)) throw moved(TREE, previous, theirs)
    return theirs.filter((one) => one !== root && one !== previous)
  }

  async withdraw(root: string): Promise<boolean> {
    const isThere = (await this.#uploads()).some((upload) => upload.root === root)
    if (isThere) await this.unlist(root)
    return isThere
  }

  async left(root: string | undefined): Promise<Left> {
    const [uploads, ours] = [await this.#uploads(), await this.#options.published.all()]
    const replaced = root !== undefined && uploads.every((upload) => upload.root !== root)
    return { roots: uploads.flatMap((upload) => (ours.has(upload.root) && upload.root !== root ? [upload.root] : [])), replaced }
  }

  async settle(root: string, previous: string | undefined): Promise<void> {
    await this.#relist(root).catch(() => undefined)
    if (previous !== undefined) await this.unlist(previous).catch(() => undefined)
  }

  /** From the list; no content goes. */
  async unlist(root: string): Promise<void> {
    await this.#options.space.unlist(root)
    await this.#options.published.remove(root)
  }

  /** What others have left here is nobody's rival. */
  forget(theirs: Iterable<string>): void {
    this.#history = new Set(theirs)
  }

  /** Another process of this data folder that looked before the root was ours took it for a leftover. */
  async #relist(root: string): Promise<void> {
    if ((await this.#uploads()).some((upload) => upload.root === root)) return
    await this.#options.published.add(root)
    await this.#options.space.list(root, this.#shards)
  }

  async #standing(root: string): Promise<Uploaded> {
    const uploads = await this.#uploads()
    const found = uploads.find((upload) => upload.root === root)
    if (!found) throw moved(TREE, root, await this.#theirs(uploads))
    return found
  }

  #uploads(): Promise<Uploaded[]> {
    return Array.fromAsync(this.#options.space.uploads())
  }

  /** A root that was listed and is not ours may have been ours, and taken back in between: what others put there is listed still. */
  async #theirs(uploads: readonly Uploaded[]): Promise<string[]> {
    const ours = await this.#options.published.all()
    const strange = uploads.flatMap(({ root }) => (ours.has(root) || this.#history.has(root) ? [] : [root]))
    if (strange.length === 0) return []
    const still = new Set((await this.#uploads()).map(({ root }) => root))
    return strange.filter((root) => still.has(root))
  }
}

const TREE = 'the tree of this space'
