import type { CID } from 'multiformats/cid'
import type { Bytes, Call, Range } from '../../core/backend.ts'
import { rawDigest } from '../../core/cid.ts'
import { isCode, throwIfAborted } from '../../core/error.ts'
import { sha256Multihash } from '../../content/blocks/multihash.ts'
import type { LocalContent } from '../../content/store.ts'
import type { AddOptions, NamedNode, Node, Source } from '../../content/types.ts'
import type { Draft, GetBlock, UnixfsReader } from '../../content/unixfs/index.ts'
import { parsePath } from '../path.ts'
import type { Identity, IpfsNode, Keeps, Mfs, Pins } from '../types.ts'
import { EmbeddedMfs } from './mfs.ts'
import type { Network } from './network.ts'
import { EmbeddedPins } from './pins.ts'
import type { NodeState } from './state.ts'

/** Of the library; a test compares it with what is installed. */
const HELIA_VERSION = '7.1.15'

const loadUnixfs = () => import('../../content/unixfs/index.ts')

/** What reads and edits trees, with one memory of folders. */
interface Trees {
  readonly reader: UnixfsReader
  draft(root: string): Draft
}

/** A node in this process, over the blocks of the content store. What is here is answered without the network part. */
export class EmbeddedNode implements IpfsNode {
  readonly engine = 'embedded'
  readonly sharesContent = true
  readonly pins: Pins
  readonly keeps: Keeps
  readonly mfs: Mfs
  readonly #content: LocalContent
  readonly #state: NodeState
  readonly #network: Network
  #trees: Promise<Trees> | undefined

  constructor(content: LocalContent, state: NodeState, network: Network) {
    this.#content = content
    this.#state = state
    this.#network = network
    this.pins = new EmbeddedPins(
      state,
      (cid, recursive, call) => this.#complete(cid, recursive, call),
      (cid) => network.announce(cid),
    )
    this.keeps = state.keeps
    this.mfs = new EmbeddedMfs(content, state, this, async (root) => (await this.#opened()).draft(root))
  }

  add(content: Bytes, options?: AddOptions): Promise<Node> {
    return this.#content.put(content, options)
  }

  addTree(sources: AsyncIterable<Source>, options?: AddOptions): AsyncIterable<NamedNode> {
    return this.#content.putTree(sources, options)
  }

  async resolve(path: string, call?: Call): Promise<string> {
    const { cid, names } = parsePath(path)
    return names.length === 0 && rawDigest(cid) ? cid : (await this.#opened()).reader.resolve(cid, names, call)
  }

  async stat(path: string, call?: Call): Promise<Node> {
    const cid = await this.resolve(path, call)
    const leaf = await this.#leaf(cid)
    return leaf ? { cid, kind: 'file', size: leaf.length } : (await this.#opened()).reader.stat(cid, call)
  }

  async *read(path: string, options: Call & Range = {}): Bytes {
    const cid = await this.resolve(path, options)
    const leaf = await this.#leaf(cid)
    const { offset = 0, length = Infinity } = options
    if (!leaf) yield* (await this.#opened()).reader.read(cid, options)
    else if (offset < leaf.length && length > 0) yield leaf.subarray(offset, Math.min(offset + length, leaf.length))
  }

  async *list(path: string, options?: Call & { readonly after?: string | undefined }): AsyncGenerator<NamedNode> {
    yield* (await this.#opened()).reader.list(await this.resolve(path, options), options)
  }

  identity(call?: Call): Promise<Identity> {
    return this.#network.identity(call)
  }

  async version(): Promise<{ readonly engine: 'embedded'; readonly version: string; readonly network: string }> {
    return { engine: this.engine, version: HELIA_VERSION, network: this.#network.mode }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]()
    await this.#state[Symbol.asyncDispose]()
  }

  /** The content of a CID that says by its form that it is one leaf, if that is on this machine: no codec is needed. */
  async #leaf(cid: string): Promise<Uint8Array | undefined> {
    const digest = rawDigest(cid)
    return digest && this.#local(sha256Multihash(digest))
  }

  #opened(): Promise<Trees> {
    return (this.#trees ??= this.#open())
  }

  async #open(): Promise<Trees> {
    const { Draft, loader, UnixfsReader } = await loadUnixfs()
    const get: GetBlock = (cid, call) => this.#block(cid, call)
    const load = loader(get)
    return { reader: new UnixfsReader(load), draft: (root) => new Draft(root, get, load) }
  }

  async #complete(root: string, recursive: boolean, call: Call): Promise<void> {
    const { parseCid, walk } = await loadUnixfs()
    const cid = parseCid(root)
    if (!recursive) return void (await this.#block(cid, call))
    for await (const block of walk((one, options) => this.#block(one, options), cid, call)) {
      if (!(await this.#content.blocks.has(block.multihash.bytes))) await this.#block(block, call)
    }
  }

  /** From this machine, else from the network. */
  async #block(cid: CID, call: Call = {}): Promise<Uint8Array> {
    throwIfAborted(call.signal)
    return (await this.#local(cid.multihash.bytes)) ?? this.#network.fetch(cid, call)
  }

  /** Where a network can bring it anew, a damaged block is a missing one. */
  async #local(multihash: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      return await this.#content.blocks.get(multihash)
    } catch (error) {
      if (isCode(error, 'INVALID_BLOCK') && this.#network.mode !== 'off') return undefined
      throw error
    }
  }
}
