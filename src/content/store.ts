import type { CID } from 'multiformats/cid'
import type { Bytes, Call, Range } from '../core/backend.ts'
import { peek } from '../core/bytes.ts'
import { cidOfRaw, LEAF_BYTES, rawDigest } from '../core/cid.ts'
import { throwIfAborted, VfsError } from '../core/error.ts'
import { opening } from '../core/stream.ts'
import type { Batch } from './blocks/batch.ts'
import { Blocks, type Reading } from './blocks/blocks.ts'
import type { Guard } from './blocks/guards.ts'
import { sha256, sha256Multihash } from './blocks/multihash.ts'
import type { Collection } from './collect/collect.ts'
import type { Collected, CollectOptions } from './collect/types.ts'
import { ContentHasher } from './hashing.ts'
import type { AddOptions, ContentStore, NamedNode, Node, Source } from './types.ts'
import type { Sink, UnixfsReader } from './unixfs/index.ts'

/** UnixFS and its codecs are loaded for content that is more than one leaf: who only serves files never needs them. */
const loadUnixfs = () => import('./unixfs/index.ts')

export async function openContentStore({ folder }: { readonly folder: string }): Promise<LocalContent> {
  return new LocalContent(folder, await Blocks.open(folder))
}

/** The content store on the local disk; `blocks` for who serves or fetches them. */
export class LocalContent implements ContentStore {
  readonly blocks: Blocks
  readonly #folder: string
  #reader: Promise<UnixfsReader> | undefined

  constructor(folder: string, blocks: Blocks) {
    this.#folder = folder
    this.blocks = blocks
  }

  /** As the IPFS node has it: without what is kept for undo only. It is closed with this one. */
  shown(): LocalContent {
    return new LocalContent(this.#folder, this.blocks.shown())
  }

  async put(content: Bytes, options: AddOptions = {}): Promise<Node> {
    if (options.onlyHash) return hashOnly(content, options)
    await using batch = this.blocks.batch()
    const start = isPlain(options) ? await peek(content, LEAF_BYTES) : { stream: content }
    throwIfAborted(options.signal, 'add')
    if ('whole' in start) return await putLeaf(start.whole, batch, options)
    const { importFile } = await loadUnixfs()
    return await importFile(start.stream, sinkOf(batch), options)
  }

  async *putTree(sources: AsyncIterable<Source>, options: AddOptions = {}): AsyncGenerator<NamedNode> {
    const { importTree } = await loadUnixfs()
    await using batch = this.blocks.batch()
    yield* importTree(sources, options.onlyHash ? NOWHERE : sinkOf(batch), options)
  }

  /** An import of another's making: what it saves is safe from collection until it ends. */
  async import<T>(work: (sink: Sink) => Promise<T>): Promise<T> {
    await using batch = this.blocks.batch()
    return await work(sinkOf(batch))
  }

  async stat(cid: string, call?: Call): Promise<Node> {
    const leaf = await this.#leaf(cid)
    return leaf ? leafNode(cid, leaf) : (await this.#unixfs()).stat(cid, call)
  }

  async *read(cid: string, options: Call & Range = {}): Bytes {
    const { offset = 0, length = Infinity } = options
    const leaf = await this.#leaf(cid)
    if (!leaf) yield* (await this.#unixfs()).read(cid, options)
    else if (offset < leaf.length && length > 0) yield leaf.subarray(offset, Math.min(offset + length, leaf.length))
  }

  list(cid: string, options?: Call & { readonly after?: string | undefined }): AsyncIterable<NamedNode> {
    return opening(async () => (await this.#unixfs()).list(cid, options))
  }

  async has(cid: string): Promise<boolean> {
    const digest = rawDigest(cid)
    if (digest) return this.blocks.has(sha256Multihash(digest))
    const { multihash } = (await loadUnixfs()).parseCid(cid)
    return this.blocks.has(multihash.bytes)
  }

  /** With a CID: what lies below it stays too, as far as it is here. */
  async guard(cid?: string): Promise<Guard> {
    const root = cid === undefined ? undefined : (await loadUnixfs()).parseCid(cid)
    await using open = new AsyncDisposableStack()
    const guard = open.use(await this.blocks.guard(cid))
    if (root && guard.collecting) await this.#raise(guard, root)
    open.move()
    return guard
  }

  /** Frees what none of the roots reaches; see there for what rejects. */
  async collect(roots: Collection['roots'], options?: CollectOptions): Promise<Collected> {
    const { collect } = await import('./collect/collect.ts')
    await this.blocks.settled()
    return collect({ folder: this.#folder, find: (multihash) => this.blocks.get(multihash), roots }, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.blocks[Symbol.asyncDispose]()
  }

  /** The content of a CID that names one leaf by its form; undefined for others. */
  async #leaf(cid: string): Promise<Uint8Array | undefined> {
    const digest = rawDigest(cid)
    if (!digest) return undefined
    return (await this.blocks.get(sha256Multihash(digest))) ?? missing(cid)
  }

  /** A collection that runs already does not know of this name: so every block gets the present generation, which it leaves alone. */
  async #raise(guard: Guard, root: CID): Promise<void> {
    const { walk } = await import('./dag/index.ts')
    const find = ({ multihash }: CID): Promise<Uint8Array | undefined> => this.blocks.sound(multihash.bytes)
    for await (const { multihash } of walk(find, root, { lenient: true })) await this.blocks.keeps(guard, multihash.bytes)
  }

  #unixfs(): Promise<UnixfsReader> {
    return (this.#reader ??= loadUnixfs().then(({ loader, UnixfsReader }) => new UnixfsReader(loader((cid, reading) => this.#block(cid, reading)))))
  }

  async #block(cid: CID, reading?: Reading): Promise<Uint8Array> {
    return (await this.blocks.get(cid.multihash.bytes, reading)) ?? missing(cid.toString())
  }
}

async function hashOnly(content: Bytes, options: AddOptions): Promise<Node> {
  if (!isPlain(options)) return (await loadUnixfs()).importFile(content, NOWHERE, options)
  const { signal, onProgress } = options
  const hasher = new ContentHasher()
  let done = 0
  for await (const part of content) {
    throwIfAborted(signal, 'add')
    await hasher.update(part)
    onProgress?.((done += part.length))
  }
  return { kind: 'file', ...(await hasher.result()) }
}

/** True if the content alone, by the profile that we use for our own, makes the CID. */
const isPlain = ({ profile = 'unixfs-v1-2025', mode, modified }: AddOptions): boolean =>
  profile === 'unixfs-v1-2025' && mode === undefined && modified === undefined

async function putLeaf(content: Uint8Array, batch: Batch, { onProgress }: AddOptions): Promise<Node> {
  const digest = sha256(content)
  await batch.put(sha256Multihash(digest), content)
  await batch.commit()
  onProgress?.(content.length)
  return leafNode(cidOfRaw(digest), content)
}

const sinkOf = (batch: Batch): Sink => ({
  save: ({ cid, block, crc }, spares) => batch.put(cid.multihash.bytes, block, { spares, crc }),
  commit: async () => void (await batch.commit()),
})

const NOWHERE: Sink = { save: async ({ block }, spares) => spares?.back(block), commit: async () => {} }

const leafNode = (cid: string, { length }: Uint8Array): Node => ({ cid, kind: 'file', size: length, tsize: length, links: 0 })

function missing(cid: string): never {
  throw new VfsError('NOT_FOUND', `${cid} is not in the content store`)
}
