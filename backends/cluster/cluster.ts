import type { Backend, Call } from '../../src/core/backend.ts'
import { Alerts } from '../../src/cluster/alerts.ts'
import { CALL_MS, type Cluster } from '../../src/cluster/client.ts'
import type { Alert, Pinned } from '../../src/cluster/types.ts'
import { spelledAlike } from '../../src/core/spelling.ts'
import type { LocalContent } from '../../src/content/store.ts'
import type { GetBlock } from '../../src/content/unixfs/index.ts'
import { KuboBlocks } from '../../src/ipfs/kubo/blocks.ts'
import type { Target } from '../../src/ipfs/kubo/endpoint.ts'
import { Rpc } from '../../src/ipfs/kubo/rpc.ts'
import { TreeBackend } from '../../src/ipfs/tree/backend.ts'
import { ContentTree } from '../../src/ipfs/tree/node.ts'
import { PublishedRoot } from '../../src/ipfs/tree/published.ts'
import { TreeStore } from '../../src/ipfs/tree/store.ts'
import type { KnownRoot } from '../../src/ipfs/tree/types.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import { ClusterPublisher } from './publisher.ts'

export interface NamedKubo {
  endpoint(call?: Call): Promise<Target>
  /** What a person should know of it. */
  notes(call?: Call): Promise<readonly string[]>
}

export interface ClusterBackendOptions {
  readonly cluster: Cluster
  /** Of the pin that is the tree's root. */
  readonly name: string
  readonly replication_min?: number | undefined
  readonly replication_max?: number | undefined
  /** One that can reach the cluster's content. */
  readonly kubo?: NamedKubo | undefined
  readonly dataFolder: string
  readonly content: LocalContent
  /** Asked for blocks where there is no such Kubo. */
  readonly ipfs: Pick<IpfsNode, 'blocks'>
  /** The cluster says that something is wrong with a peer. */
  readonly alerted: (volume: string, alert: Alert) => void
}

interface ClusterParts extends Pick<ClusterBackendOptions, 'cluster' | 'kubo' | 'alerted'> {
  readonly root: PublishedRoot
  readonly store: TreeStore
}

const MOST_NOTES = 5

/** A tree whose root is a named pin of a cluster. Every change is there, on as many peers as wanted, before it counts. */
export class ClusterBackend extends TreeBackend {
  override readonly outlives = (): number => CALL_MS
  override readonly stop: Backend['stop']
  readonly #cluster: Cluster
  readonly #store: TreeStore
  readonly #alerts: Alerts
  readonly #kubo: NamedKubo | undefined
  #ofKubo: readonly string[] = []

  constructor(node: ContentTree, { cluster, kubo, alerted, root, store }: ClusterParts) {
    super('cluster', node, { byCid: false }) // its blocks may be at the cluster only, where the IPFS node does not find them
    this.stop = () => root.retract()
    this.#cluster = cluster
    this.#store = store
    this.#kubo = kubo
    this.#alerts = new Alerts(cluster, (alert) => alerted(this.volume, alert))
  }

  override async check(call?: Call): Promise<void> {
    await this.#cluster.id(call)
    const [notes = []] = await Promise.all([this.#kubo?.notes(call), this.#alerts.look(call)])
    this.#ofKubo = notes
  }

  override notes(): readonly string[] {
    const { standing } = this.#alerts
    const left = [...super.notes(), ...this.#ofKubo]
    const told = standing.slice(0, MOST_NOTES).map(({ peer, name, triggered_at: at }) => `the peer ${peer} had not told its ${name} in time at ${at}`)
    return standing.length > MOST_NOTES ? [...left, ...told, `${standing.length - MOST_NOTES} more alerts: ipfs_cluster_peers has them`] : [...left, ...told]
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#alerts[Symbol.dispose]()
    await this.#store[Symbol.asyncDispose]()
  }
}

/** Rejects UNAVAILABLE where no cluster answers. */
export async function openCluster(options: ClusterBackendOptions): Promise<ClusterBackend> {
  const { cluster, name, dataFolder } = options
  const store = await TreeStore.open(dataFolder)
  try {
    const volume = `cluster:${spelledAlike(cluster.api)}/${name}`
    const content = options.content.shown()
    const fetch = fetcher(options)
    const get: GetBlock = async (cid, call) => (await content.blocks.get(cid.multihash.bytes)) ?? fetch(cid, call)
    const publisher = new ClusterPublisher({ ...options, owner: await store.owner(), get })
    const own = store.root(volume)
    await takeOver(own, publisher, await named(cluster, publisher))
    const root = new PublishedRoot(own, publisher)
    const tree = new ContentTree({ volume, cas: 'lock', content, root, keeps: store.keeps(volume), fetch })
    return new ClusterBackend(tree, { ...options, root, store })
  } catch (error) {
    await store[Symbol.asyncDispose]()
    throw error
  }
}

function fetcher({ kubo, ipfs }: ClusterBackendOptions): GetBlock {
  if (!kubo) return (cid, call) => ipfs.blocks.get(cid.toString(), call)
  const blocks = new KuboBlocks(new Rpc((call) => kubo.endpoint(call)), 'client')
  return (cid, call) => blocks.block(cid, call)
}

async function named(cluster: Cluster, publisher: ClusterPublisher): Promise<Pinned[]> {
  const found: Pinned[] = []
  for await (const pin of cluster.allPinned()) if (publisher.isNamed(pin)) found.push(pin)
  return found
}

/**
 * What stands at the cluster and what this data folder knows, made one again: our own root holds, and what a process of ours
 * left beside it is history; a root that somebody made of ours, or where ours has been replaced, is taken over. One pin has
 * the name then: whoever made another is told of it by CONFLICT, so that no two trees grow under one name.
 */
async function takeOver(own: KnownRoot, publisher: ClusterPublisher, pins: readonly Pinned[]): Promise<void> {
  const root = await own.root()
  const ours = pins.find(({ cid }) => cid === root)
  const strangers = pins.filter((pin) => !publisher.isOurs(pin) && (ours === undefined || publisher.previousOf(pin) === root))
  const theirs = latest(root === undefined ? pins : strangers, publisher)
  if (theirs) await own.swap(root, theirs.cid)
  else if (root !== undefined && !ours) await publisher.publish(root, undefined)
  for (const { cid } of pins) if (cid !== (theirs?.cid ?? root)) await publisher.demote(cid)
}

/** The one that was made of another, where there are two: it may have been told to be there already. */
function latest(pins: readonly Pinned[], publisher: ClusterPublisher): Pinned | undefined {
  return pins.find((pin) => pins.some(({ cid }) => cid === publisher.previousOf(pin))) ?? pins[0]
}
