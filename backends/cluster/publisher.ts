import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '../../src/cluster/client.ts'
import type { Pinned, PinOptions, Status } from '../../src/cluster/types.ts'
import { inDoubt } from '../../src/core/effect.ts'
import { VfsError } from '../../src/core/error.ts'
import type { GetBlock } from '../../src/content/unixfs/index.ts'
import { added, carWith } from '../../src/ipfs/tree/added.ts'
import { type Left, moved, type Publisher } from '../../src/ipfs/tree/published.ts'
import { type Claim, claimOf, claiming, isBy, isOfOthers } from './claims.ts'

/** Replaced roots stay pinned for so long. */
const RETENTION_MS = 30 * 24 * 3600 * 1000
const HELD_MS = 120_000
const LOOK_MS = 50

export interface PublisherOptions extends Pick<PinOptions, 'replication_min' | 'replication_max'> {
  readonly cluster: Cluster
  /** Of the pin that is the tree's present root. */
  readonly name: string
  /** The data folder whose root it is. */
  readonly owner: string
  readonly get: GetBlock
}

/** The root as the one pin that the tree of this name claims; earlier ones are renamed, and expire. */
export class ClusterPublisher implements Publisher {
  readonly #options: PublisherOptions

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  async publish(root: string, previous: string | undefined): Promise<void> {
    const { cluster, get } = this.#options
    const standing = previous === undefined ? undefined : await cluster.pinned(previous)
    if (previous !== undefined && !standing) throw unknown(this.#options.name)
    if (standing && this.#isTheirHistory(standing)) throw await this.#moved(standing.cid)
    const { parseCid } = await import('../../src/content/unixfs/index.ts')
    const before = previous === undefined ? undefined : parseCid(previous)
    const car = carWith(parseCid(root), added(get, parseCid(root), before), get)
    const pin = this.#root(await cluster.pinned(root), previous)
    try {
      // The same peers have most of it already.
      await cluster.add(car, { ...pin, allocations: standing?.allocations })
      await this.#held(root)
    } catch (cause) {
      throw inDoubt(cause)
    }
  }

  /** The list is of the one peer that is asked: who writes by another peer is seen once the peers have told each other. */
  async rivals(root: string, previous: string | undefined): Promise<readonly string[]> {
    const rivals = (await this.#theirs()).filter((cid) => cid !== root && cid !== previous)
    const standing = previous === undefined ? undefined : await this.#options.cluster.pinned(previous)
    if (standing && this.#isTheirHistory(standing)) throw await this.#moved(standing.cid)
    return rivals
  }

  async withdraw(root: string): Promise<boolean> {
    const pin = await this.#options.cluster.pinned(root)
    if (pin && this.isNamed(pin) && this.isOurs(pin)) await this.demote(root)
    return pin !== undefined
  }

  async left(root: string | undefined): Promise<Left> {
    const standing = root === undefined ? undefined : await this.#options.cluster.pinned(root)
    const replaced = standing !== undefined && this.#isTheirHistory(standing)
    const roots = await this.#named((pin) => this.isOurs(pin) && pin.cid !== root && (!replaced || this.previousOf(pin) === root))
    return { roots, replaced }
  }

  async settle(root: string, previous: string | undefined): Promise<void> {
    await this.#rename(root, previous).catch(() => undefined)
    if (previous !== undefined) await this.demote(previous).catch(() => undefined)
  }

  /** The present root of the tree, as far as the cluster knows. */
  isNamed(pin: Pinned): boolean {
    const claim = this.#claimOf(pin)
    return claim ? claim.replaced !== true : pin.name === this.#options.name
  }

  isOurs(pin: Pinned): boolean {
    return isBy(this.#claimOf(pin), this.#options.owner)
  }

  previousOf(pin: Pinned): string | undefined {
    return this.#claimOf(pin)?.previous
  }

  /** It expires, unless it is the root of another tree. */
  async demote(cid: string): Promise<void> {
    const { cluster, name, owner } = this.#options
    const pin = await cluster.pinned(cid)
    const replaced = { name: `${name} (replaced)`, metadata: claiming(pin, name, { owner, replaced: true }) }
    if (!isOfOthers(pin, name)) await cluster.pin(cid, { ...this.#copies(), ...replaced, expire_at: new Date(Date.now() + RETENTION_MS) })
    else await cluster.pin(cid, { ...this.#copies(pin), ...replaced, ...(pin?.name !== name && { name: pin?.name }), allocations: pin?.allocations })
  }

  #isTheirHistory(pin: Pinned): boolean {
    return !this.isNamed(pin) && !this.isOurs(pin)
  }

  /** Roots by others. */
  #theirs(): Promise<string[]> {
    return this.#named((pin) => !this.isOurs(pin))
  }

  async #named(is: (pin: Pinned) => boolean): Promise<string[]> {
    const found: string[] = []
    for await (const pin of this.#options.cluster.allPinned()) if (this.isNamed(pin) && is(pin)) found.push(pin.cid)
    return found
  }

  async #moved(previous: string): Promise<VfsError> {
    return moved(`the pin ${JSON.stringify(this.#options.name)} of the cluster`, previous, await this.#theirs())
  }

  /** Another process of this data folder that looked before the root was ours took it for history; or another tree published the same in one moment. */
  async #rename(root: string, previous: string | undefined): Promise<void> {
    const { cluster } = this.#options
    const pin = await cluster.pinned(root)
    const claim = pin && this.#claimOf(pin)
    if (!pin || this.isNamed(pin) || (claim && !this.isOurs(pin))) return
    await cluster.pin(root, { ...this.#root(pin, previous), allocations: pin.allocations })
  }

  #claimOf(pin: Pinned): Claim | undefined {
    return claimOf(pin, this.#options.name)
  }

  /** How it is pinned as our root, whatever else it is. */
  #root(pin: Pinned | undefined, previous: string | undefined): PinOptions {
    const { name, owner } = this.#options
    return { ...this.#copies(isOfOthers(pin, name) ? pin : undefined), name, metadata: claiming(pin, name, { owner, previous }) }
  }

  /** As many as we want, and as those want that it is pinned for already. */
  #copies(pin?: Pinned): PinOptions {
    const { replication_min, replication_max } = this.#options
    return { replication_min: most(replication_min, pin?.replication_factor_min), replication_max: most(replication_max, pin?.replication_factor_max) }
  }

  /** What was added counts once as many peers as a person wants have all of it. */
  async #held(root: string): Promise<void> {
    const { cluster, replication_min: least = 1 } = this.#options
    for (const deadline = Date.now() + HELD_MS; ; await sleep(LOOK_MS)) {
      const status = await cluster.status(root)
      if (holders(status) >= wanted(status, least)) return
      const reason = Object.values(status.peer_map).find(({ error }) => error !== '')?.error
      if (Date.now() > deadline) throw notHeld(status, least, reason)
    }
  }
}

const ALL = -1
const most = (a: number | undefined, b: number | undefined): number | undefined => (a === ALL || b === ALL ? ALL : a === undefined ? a : Math.max(a, b ?? 0))
const wanted = ({ peer_map }: Status, least: number): number => Math.max(1, least === ALL ? Object.keys(peer_map).length : least)
const holders = ({ peer_map }: Status): number => Object.values(peer_map).filter(({ status }) => status === 'pinned').length

const notHeld = (status: Status, least: number, reason: string | undefined): VfsError =>
  new VfsError(
    'UNAVAILABLE',
    `${holders(status)} of ${wanted(status, least)} peers have pinned it after ${HELD_MS / 1000} s${reason === undefined ? '' : `: ${reason}`}`,
    {
      hint: 'A peer may still be getting what the tree held before: repeat the call later, or see ipfs_cluster_status.',
    },
  )

/** A peer that comes back from a crash hears of the pins from the others. */
const unknown = (name: string): VfsError =>
  new VfsError('UNAVAILABLE', `the peer does not know the pin ${JSON.stringify(name)} of the cluster`, {
    hint: 'Repeat the call in a minute; if it stays so, somebody has unpinned it.',
  })
