import { z } from 'zod'
import type { Bytes, Call, Range } from '../../core/backend.ts'
import { opening } from '../../core/stream.ts'
import type { AddOptions, CidFormat, NamedNode, Node, Source } from '../../content/types.ts'
import type { LoadNode, Sink, UnixfsReader } from '../../content/unixfs/index.ts'
import { resolvePath } from '../resolve.ts'
import type { Names, Pubsub, Routing, Swarm } from '../network-types.ts'
import type { Identity, IpfsNode, Mfs, NetworkMode, Pins, Stats } from '../types.ts'
import type { CollectOptions } from '../../content/collect/types.ts'
import type { KuboBlocks } from './blocks.ts'
import { type CollectedRepository, collectRepository } from './collect.ts'
import type { KuboGuards } from './guards.ts'
import type { KuboKeeps } from './keeps.ts'
import { KuboMfs } from './mfs.ts'
import { KuboPins } from './pins.ts'
import { KuboNames } from './names.ts'
import { onlineOf } from './online.ts'
import { KuboPubsub } from './pubsub.ts'
import { KuboRouting } from './routing.ts'
import type { KuboRemaking } from './remaking.ts'
import type { Rpc } from './rpc.ts'
import { statsOf } from './stats.ts'
import { KuboSwarm } from './swarm.ts'
import { Upload } from './upload.ts'

const loadUnixfs = () => import('../../content/unixfs/index.ts')

const Told = z.object({ Version: z.string() })

/** Null where the daemon is off the network, whatever the client's types say. */
const Id = z.object({ id: z.unknown(), addresses: z.array(z.unknown()).nullable(), agentVersion: z.string(), protocols: z.array(z.string()).nullable() })

const NOWHERE: Sink = { save: async ({ block }, spares) => spares?.back(block), commit: async () => {} }

/** What reads trees, with one memory of folders. */
interface Trees {
  readonly load: LoadNode
  readonly reader: UnixfsReader
}

export interface KuboParts {
  readonly rpc: Rpc
  readonly blocks: KuboBlocks
  readonly keeps: KuboKeeps
  readonly guards: KuboGuards
  readonly remaking: KuboRemaking
  readonly network: NetworkMode
  readonly volume: string
  readonly close: () => Promise<void>
}

/**
 * A node in a Kubo daemon. DAGs are built and read here, by the code that the embedded engine has, and only blocks, pins and
 * names of the mutable tree go over: so the results are the same, whatever import profile the daemon has.
 */
export class KuboNode implements IpfsNode {
  readonly engine = 'kubo'
  readonly sharesContent = false
  readonly pins: Pins
  readonly keeps: KuboKeeps
  readonly mfs: Mfs
  readonly blocks: KuboBlocks
  readonly names: Names
  readonly routing: Routing
  readonly pubsub: Pubsub
  readonly swarm: Swarm
  readonly #rpc: Rpc
  readonly #guards: KuboGuards
  readonly #network: NetworkMode
  readonly #close: () => Promise<void>
  #trees: Promise<Trees> | undefined

  constructor({ rpc, blocks, keeps, guards, remaking, network, volume, close }: KuboParts) {
    this.#rpc = rpc
    this.#guards = guards
    this.#network = network
    this.#close = close
    this.blocks = blocks
    this.keeps = keeps
    this.pins = new KuboPins({ rpc, blocks, remaking, network })
    this.mfs = new KuboMfs(volume, rpc, this)
    const online = onlineOf(rpc, network)
    this.names = new KuboNames({ rpc, online, network, company: blocks.company })
    this.routing = new KuboRouting(online, blocks.company)
    this.pubsub = new KuboPubsub(online)
    this.swarm = new KuboSwarm(online, blocks)
  }

  guard(call?: Call): Promise<AsyncDisposable> {
    return this.#guards.open(call)
  }

  /** Frees what no pin, nothing in the mutable tree and nothing that we keep needs. For a repository of ours only. */
  collect(options: CollectOptions = {}): Promise<CollectedRepository> {
    return collectRepository({ rpc: this.#rpc, blocks: this.blocks, keeps: this.keeps, guards: this.#guards, mfs: this.mfs }, options)
  }

  async add(content: Bytes, options: AddOptions = {}): Promise<Node> {
    const { importFile } = await loadUnixfs()
    if (options.onlyHash) return importFile(content, NOWHERE, options)
    return this.#import(options, (upload) => importFile(content, upload, options))
  }

  async *addTree(sources: AsyncIterable<Source>, options: AddOptions = {}): AsyncGenerator<NamedNode> {
    const { importTree } = await loadUnixfs()
    await using _ = options.onlyHash ? undefined : await this.guard(options)
    using upload = new Upload(this.#rpc, options)
    yield* importTree(sources, options.onlyHash ? NOWHERE : upload, options)
  }

  async overwrite(cid: string | null, content: Bytes, options: Call & { readonly offset: number }): Promise<Node> {
    const { patchFile } = await loadUnixfs()
    const { load } = await this.#opened()
    return this.#import(options, (upload) => patchFile(cid, content, { ...options, load, sink: upload }))
  }

  async reformat(folder: string, format: CidFormat, call: Call = {}): Promise<string> {
    const { reformatFolder } = await loadUnixfs()
    const { load } = await this.#opened()
    return this.#import(call, (upload) => reformatFolder({ load, sink: upload }, folder, format))
  }

  resolve(path: string, call?: Call): Promise<string> {
    return resolvePath(this, path, async () => (await this.#opened()).reader, call)
  }

  async stat(path: string, call?: Call): Promise<Node> {
    return (await this.#opened()).reader.stat(await this.resolve(path, call), call)
  }

  async *read(path: string, options?: Call & Range): Bytes {
    yield* (await this.#opened()).reader.read(await this.resolve(path, options), options)
  }

  list(path: string, options?: Call & { readonly after?: string | undefined }): AsyncIterable<NamedNode> {
    return opening(async () => (await this.#opened()).reader.list(await this.resolve(path, options), options))
  }

  async identity(call: Call = {}): Promise<Identity> {
    const { id, addresses, agentVersion, protocols } = await this.#rpc.call('id', call, async (kubo, options) => Id.parse(await kubo.id(options)))
    return {
      peer: String(id),
      // One that listens nowhere names itself alone.
      addresses: (addresses ?? []).map(String).filter((address) => !address.startsWith('/p2p/')),
      agent: agentVersion,
      protocols: (protocols ?? []).toSorted(),
    }
  }

  async version(call: Call = {}): Promise<{ readonly engine: 'kubo'; readonly version: string; readonly network: string }> {
    const { Version } = await this.#rpc.value('version', {}, Told, call)
    return { engine: this.engine, version: Version, network: await this.#reach(call) }
  }

  stats(call?: Call): Promise<Stats> {
    return statsOf(this.#rpc, call)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  async #import<T>(call: Call, work: (upload: Upload) => Promise<T>): Promise<T> {
    await using _ = await this.guard(call)
    using upload = new Upload(this.#rpc, call)
    return await work(upload)
  }

  /** The daemon's own settings decide how far it goes; off is kept by asking it for nothing that it does not have. */
  async #reach(call: Call): Promise<NetworkMode> {
    if (this.#network === 'off') return 'off'
    return (await this.identity(call)).addresses.length > 0 ? 'node' : 'client'
  }

  #opened(): Promise<Trees> {
    return (this.#trees ??= this.#open())
  }

  async #open(): Promise<Trees> {
    const { loader, UnixfsReader } = await loadUnixfs()
    const load = loader((cid, call) => this.blocks.block(cid, call))
    return { load, reader: new UnixfsReader(load) }
  }
}
