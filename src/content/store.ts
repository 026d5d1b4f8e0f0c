import type { CID } from 'multiformats/cid'
import type { Bytes, Call, Range } from '../core/backend.ts'
import { peek } from '../core/bytes.ts'
import { cidOfRaw, LEAF_BYTES, rawDigest } from '../core/cid.ts'
import { throwIfAborted, VfsError } from '../core/error.ts'
import type { Batch } from './blocks/batch.ts'
import { Blocks } from './blocks/blocks.ts'
import { sha256, sha256Multihash } from './blocks/multihash.ts'
import { ContentHasher } from './hashing.ts'
import type { AddOptions, ContentStore, NamedNode, Node, Source } from './types.ts'
import type { Save, UnixfsReader } from './unixfs/index.ts'

/** UnixFS and its codecs are loaded for content that is more than one leaf: who only serves files never needs them. */
const loadUnixfs = () => import('./unixfs/index.ts')

export async function openContentStore({ folder }: { readonly folder: string }): Promise<LocalContent> {
  return new LocalContent(await Blocks.open(folder))
}

/** The content store on the local disk; `blocks` for who serves or fetches them. */
export class LocalContent implements ContentStore {
  readonly blocks: Blocks
  #reader: Promise<UnixfsReader> | undefined

  constructor(blocks: Blocks) {
    this.blocks = blocks
  }

  async put(content: Bytes, options: AddOptions = {}): Promise<Node> {
    if (options.onlyHash) return hashOnly(content, options)
    const batch = this.blocks.batch()
    const start = await peek(content, LEAF_BYTES)
    throwIfAborted(options.signal, 'add')
    const node = 'whole' in start ? await putLeaf(start.whole, batch, options) : await putFile(start.stream, batch, options)
    await batch.commit()
    return node
  }

  async *putTree(sources: AsyncIterable<Source>, options: AddOptions = {}): AsyncGenerator<NamedNode> {
    const { buildFile, TreeBuilder } = await loadUnixfs()
    const batch = this.blocks.batch()
    const save: Save = options.onlyHash ? async () => {} : into(batch)
    const tree = new TreeBuilder(save)
    let done = 0
    const onProgress = (bytes: number): void => options.onProgress?.(done + bytes)
    for await (const { path, content } of sources) {
      const built = content && (await buildFile(content, save, { ...options, onProgress }))
      tree.add(path, built)
      if (!built) continue
      done += built.size
      yield { name: path, cid: built.cid.toString(), kind: 'file', size: built.size }
    }
    const folders = await Array.fromAsync(tree.folders())
    await batch.commit()
    yield* folders
  }

  async stat(cid: string, call?: Call): Promise<Node> {
    const leaf = await this.#leaf(cid)
    return leaf ? { cid, kind: 'file', size: leaf.length } : (await this.#unixfs()).stat(cid, call)
  }

  async *read(cid: string, options: Call & Range = {}): Bytes {
    const { offset = 0, length = Infinity } = options
    const leaf = await this.#leaf(cid)
    if (!leaf) yield* (await this.#unixfs()).read(cid, options)
    else if (offset < leaf.length && length > 0) yield leaf.subarray(offset, Math.min(offset + length, leaf.length))
  }

  async *list(cid: string, options?: Call & { readonly after?: string | undefined }): AsyncGenerator<NamedNode> {
    yield* (await this.#unixfs()).list(cid, options)
  }

  async has(cid: string): Promise<boolean> {
    const digest = rawDigest(cid)
    if (digest) return this.blocks.has(sha256Multihash(digest))
    const { multihash } = (await loadUnixfs()).parseCid(cid)
    return this.blocks.has(multihash.bytes)
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

  #unixfs(): Promise<UnixfsReader> {
    return (this.#reader ??= loadUnixfs().then(({ loader, UnixfsReader }) => new UnixfsReader(loader((cid) => this.#block(cid)))))
  }

  async #block(cid: CID): Promise<Uint8Array> {
    return (await this.blocks.get(cid.multihash.bytes)) ?? missing(cid.toString())
  }
}

async function hashOnly(content: Bytes, { signal, onProgress }: AddOptions): Promise<Node> {
  const hasher = new ContentHasher()
  let done = 0
  for await (const part of content) {
    throwIfAborted(signal, 'add')
    hasher.update(part)
    onProgress?.((done += part.length))
  }
  return { kind: 'file', ...(await hasher.result()) }
}

async function putLeaf(content: Uint8Array, batch: Batch, { onProgress }: AddOptions): Promise<Node> {
  const digest = sha256(content)
  await batch.put(sha256Multihash(digest), content)
  onProgress?.(content.length)
  return { cid: cidOfRaw(digest), kind: 'file', size: content.length }
}

async function putFile(content: Bytes, batch: Batch, options: AddOptions): Promise<Node> {
  const { buildFile } = await loadUnixfs()
  const { cid, size } = await buildFile(content, into(batch), options)
  return { cid: cid.toString(), kind: 'file', size }
}

const into =
  (batch: Batch): Save =>
  ({ cid, block }) =>
    batch.put(cid.multihash.bytes, block)

function missing(cid: string): never {
  throw new VfsError('NOT_FOUND', `${cid} is not in the content store`)
}
