import type { LocalContent } from '../../src/content/store.ts'
import type { GetBlock } from '../../src/content/unixfs/index.ts'
import { VfsError } from '../../src/core/error.ts'
import type { Backend, Call } from '../../src/core/backend.ts'
import { TreeBackend } from '../../src/ipfs/tree/backend.ts'
import { ContentTree } from '../../src/ipfs/tree/node.ts'
import { PublishedRoot } from '../../src/ipfs/tree/published.ts'
import { TreeStore } from '../../src/ipfs/tree/store.ts'
import type { KnownRoot } from '../../src/ipfs/tree/types.ts'
import { gateway } from './gateway.ts'
import { StorachaPublisher } from './publisher.ts'
import { type ServiceOptions, Space, type Uploaded } from './service.ts'

export interface StorachaOptions extends ServiceOptions {
  /** A trustless gateway that has what the space holds. */
  readonly gateway?: string | undefined
  readonly dataFolder: string
  readonly content: LocalContent
}

/** The one small request that makes a root known may arrive so late. */
const LISTING_MS = 60_000

/** A tree whose root is the upload of a space. Every change is there before it counts. */
export class StorachaBackend extends TreeBackend {
  override readonly outlives = (): number => LISTING_MS
  override readonly stop: Backend['stop']
  readonly #space: Space
  readonly #store: TreeStore

  constructor(node: ContentTree, root: PublishedRoot, space: Space, store: TreeStore) {
    super('storacha', node, { byCid: false })
    this.stop = () => root.retract()
    this.#space = space
    this.#store = store
  }

  override async check(_call?: Call): Promise<void> {
    await this.#space.uploads().next()
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]()
  }
}

/** Rejects UNSUPPORTED for the public service, UNAVAILABLE where none answers, PERMISSION_DENIED. */
export async function openStoracha(options: StorachaOptions): Promise<StorachaBackend> {
  refuseThePublicOne(options.url)
  const space = await Space.open(options)
  const store = await TreeStore.open(options.dataFolder)
  try {
    const volume = `storacha:${space.did}`
    const own = store.root(volume)
    const content = options.content.shown()
    const fetch = options.gateway === undefined ? nowhere : gateway(options.gateway)
    const published = store.published(volume)
    const get: GetBlock = async (cid, call) => (await content.blocks.get(cid.multihash.bytes)) ?? fetch(cid, call)
    const publisher = new StorachaPublisher({ space, get, published })
    await takeOver(own, publisher, await published.all(), await Array.fromAsync(space.uploads()))
    const root = new PublishedRoot(own, publisher)
    const tree = new ContentTree({ volume, cas: 'lock', content, root, keeps: store.keeps(volume), fetch })
    return new StorachaBackend(tree, root, space, store)
  } catch (error) {
    await store[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * What the space lists and what this data folder knows, made one again: our own root holds while the space lists it, and
 * nothing that others uploaded is newer. Where it does not, or this data folder knows none, the newest upload is the tree.
 * What we left beside it goes from the list; what others did stays, and is history.
 */
async function takeOver(own: KnownRoot, publisher: StorachaPublisher, ours: ReadonlySet<string>, uploads: readonly Uploaded[]): Promise<void> {
  const root = await own.root()
  const standing = uploads.find((upload) => upload.root === root)
  const strangers = uploads.filter((upload) => upload.root !== root && !ours.has(upload.root))
  const newest = (standing ? [standing, ...strangers] : strangers).toSorted((a, b) => b.at.localeCompare(a.at))[0]
  if (newest) await own.swap(root, newest.root)
  else if (root !== undefined) await publisher.publish(root, undefined)
  publisher.forget(strangers.map((upload) => upload.root))
  for (const upload of uploads) if (ours.has(upload.root) && upload.root !== (newest?.root ?? root)) await publisher.unlist(upload.root)
}

function refuseThePublicOne(url: string): void {
  if (!/(^|\.)(storacha\.network|web3\.storage)$/.test(new URL(url).hostname)) return
  throw new VfsError('UNSUPPORTED', 'the public service of Storacha has taken no writes since 2026-05-15', {
    hint: 'Name the URL of your own upload service, or use a backend of type s3 or cluster; Filecoin Pin is what Storacha names as successor.',
  })
}

const nowhere: GetBlock = (cid) =>
  Promise.reject(
    new VfsError('OFFLINE', `the block ${cid.toString()} is not on this machine, and no gateway is configured`, {
      hint: 'A person can set `gateway` of this backend to a trustless gateway that has the space.',
    }),
  )
