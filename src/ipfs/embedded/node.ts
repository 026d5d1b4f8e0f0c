import type { CID } from 'multiformats/cid'
import type { Bytes, Call, Range } from '../../core/backend.ts'
import { opening } from '../../core/stream.ts'
import type { Guard } from '../../content/blocks/guards.ts'
import type { LocalContent } from '../../content/store.ts'
import type { AddOptions, CidFormat, NamedNode, Node, Source } from '../../content/types.ts'
import type { Draft, LoadNode, UnixfsReader } from '../../content/unixfs/index.ts'
import type { Names, Pubsub, Routing, Swarm } from '../network-types.ts'
import { resolvePath } from '../resolve.ts'
import type { BringCall, Identity, IpfsNode, Keeps, Mfs, Pins, Stats } from '../types.ts'
import { UNCOUNTED } from '../uncounted.ts'
import { EmbeddedBlocks } from './blocks.ts'
import type { KeyFolder } from './key-folder.ts'
import { ContentMfs } from '../tree/mfs.ts'
import { NameRouting } from './name-routing.ts'
import { EmbeddedNames } from './names.ts'
import type { Network } from './network.ts'
import { EmbeddedPins } from './pins.ts'
import { EmbeddedPubsub } from './pubsub.ts'
import { Republisher } from './republisher.ts'
import { EmbeddedRouting } from './routing.ts'
import type { NodeState } from './state.ts'
import { EmbeddedSwarm } from './swarm.ts'

/** Of the library; a test compares it with what is installed. */
const HELIA_VERSION = '7.1.15'

const FETCHES_AT_ONCE = 16

const loadUnixfs = () => import('../../content/unixfs/index.ts')

/** What reads and edits trees, with one memory of folders. */
interface Trees {
  readonly load: LoadNode
  readonly reader: UnixfsReader
  draft(root: string): Draft
}

/** A node in this process, over the blocks of the content store. What is here is answered without the network part. */
export class EmbeddedNode implements IpfsNode {
  readonly engine = 'embedded'
  readonly sharesContent = true
  readonly blocks: EmbeddedBlocks
  readonly pins: Pins
  readonly keeps: Keeps
  readonly mfs: Mfs
  readonly names: Names
  readonly routing: Routing
  readonly pubsub: Pubsub
  readonly swarm: Swarm
  readonly #content: LocalContent
  readonly #state: NodeState
  readonly #network: Network
  readonly #republisher: Republisher
  #trees: Promise<Trees> | undefined

  constructor(content: LocalContent, state: NodeState, network: Network, keys: KeyFolder) {
    this.#content = content
    this.#state = state
    this.#network = network
    this.blocks = new EmbeddedBlocks(content, network)
    this.pins = new EmbeddedPins({
      state,
      blocks: this.blocks,
      guard: (cid) => content.guard(cid),
      complete: (cid, recursive, guard, call) => this.#complete(cid, recursive, guard, call),
      announce: (cid) => network.announce(cid),
    })
    this.keeps = { ...state.keeps, set: (id, cid) => this.#keep(id, cid) }
    const names = new EmbeddedNames(keys, state.names, new NameRouting(network))
    this.names = names
    this.#republisher = new Republisher((signal) => names.republish(signal))
    network.onStable(() => this.#republisher.start())
    this.routing = new EmbeddedRouting(network)
    this.pubsub = new EmbeddedPubsub(network)
    this.swarm = new EmbeddedSwarm(network)
    this.mfs = new ContentMfs({
      volume: 'mfs',
      cas: 'native',
      content,
      root: state.mfs,
      node: this,
      draft: async (root) => (await this.#opened()).draft(root),
    })
  }

  guard(): Promise<AsyncDisposable> {
    return this.#content.guard()
  }

  add(content: Bytes, options?: AddOptions): Promise<Node> {
    return this.#content.put(content, options)
  }

  addTree(sources: AsyncIterable<Source>, options?: AddOptions): AsyncIterable<NamedNode> {
    return this.#content.putTree(sources, options)
  }

  async overwrite(cid: string | null, content: Bytes, options: Call & { readonly offset: number }): Promise<Node> {
    const { patchFile } = await loadUnixfs()
    const { load } = await this.#opened()
    return this.#content.import((sink) => patchFile(cid, content, { ...options, load, sink }))
  }

  async reformat(folder: string, format: CidFormat): Promise<string> {
    const { reformatFolder } = await loadUnixfs()
    const { load } = await this.#opened()
    return this.#content.import((sink) => reformatFolder({ load, sink }, folder, format))
  }

  resolve(path: string, call?: Call): Promise<string> {
    return resolvePath(this, path, async () => (await this.#opened()).reader, call)
  }

  async stat(path: string, call?: Call): Promise<Node> {
    const cid = await this.resolve(path, call)
    const leaf = await this.blocks.leaf(cid)
    return leaf ? { cid, kind: 'file', size: leaf.length, tsize: leaf.length, links: 0 } : (await this.#opened()).reader.stat(cid, call)
  }

  async *read(path: string, options: Call & Range = {}): Bytes {
    const cid = await this.resolve(path, options)
    const leaf = await this.blocks.leaf(cid)
    const { offset = 0, length = Infinity } = options
    if (!leaf) yield* (await this.#opened()).reader.read(cid, options)
    else if (offset < leaf.length && length > 0) yield leaf.subarray(offset, Math.min(offset + length, leaf.length))
  }

  list(path: string, options?: Call & { readonly after?: string | undefined }): AsyncIterable<NamedNode> {
    return opening(async () => (await this.#opened()).reader.list(await this.resolve(path, options), options))
  }

  identity(call?: Call): Promise<Identity> {
    return this.#network.identity(call)
  }

  async version(): Promise<{ readonly engine: 'embedded'; readonly version: string; readonly network: string }> {
    return { engine: this.engine, version: HELIA_VERSION, network: this.#network.mode }
  }

  /** The library counts none of its traffic. */
  async stats(): Promise<Stats> {
    return { repo: { ...(await this.#content.blocks.total()), maxBytes: null }, bitswap: await this.#network.exchanged(), bandwidth: UNCOUNTED.bandwidth }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#republisher[Symbol.dispose]()
    await this.#network[Symbol.asyncDispose]()
    await this.#state[Symbol.asyncDispose]()
  }

  #opened(): Promise<Trees> {
    return (this.#trees ??= this.#open())
  }

  async #open(): Promise<Trees> {
    const { Draft, Nodes, UnixfsReader } = await loadUnixfs()
    const nodes = new Nodes((cid, call) => this.blocks.block(cid, call))
    return { load: nodes.load, reader: new UnixfsReader(nodes.load), draft: (root) => new Draft(root, nodes) }
  }

  async #keep(id: string, cid: string): Promise<void> {
    await using _ = await this.#content.guard(cid)
    await this.#state.keeps.set(id, cid)
  }

  async #complete(root: string, recursive: boolean, guard: Guard, { signal, onProgress }: BringCall): Promise<void> {
    let blocks = 0
    const [{ parseCid }, { canLink, inTurn, linksOf, walk }] = await Promise.all([loadUnixfs(), import('../../content/dag/index.ts')])
    const cid = parseCid(root)
    const bring = async (block: CID): Promise<void> => {
      while (!(await this.blocks.keeps(guard, block))) await this.blocks.block(block, { signal })
      onProgress?.(++blocks)
    }
    const load = async (node: CID): Promise<Uint8Array> => {
      const block = await this.blocks.block(node, { signal })
      await bring(node)
      return block
    }
    if (!recursive) return canLink(cid) ? void (await linksOf(cid, await load(cid))) : bring(cid) // what cannot be read is not pinned either way
    const leaf = async (block: CID): Promise<void> => (canLink(block) ? undefined : bring(block)) // the walk brings all others
    for await (const _ of inTurn(walk(load, cid, { signal }), FETCHES_AT_ONCE, leaf));
  }
}
