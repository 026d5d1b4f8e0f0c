import type { Call } from '../core/backend.ts'
import type { IpfsNode, Keeps } from '../ipfs/types.ts'
import type { Keep, Scope, SyncIndex } from './index.ts'
import type { Findings } from './rows.ts'

/** That keeps, and tells whether what it kept is there still. */
type Node = Pick<IpfsNode, 'keeps' | 'blocks'>

/**
 * Has the node keep what the rows of one scope are about, so that no collection takes a block that is to be reused. The row
 * of a keep comes before it and goes after it: so none is ever forgotten, and one that is gone is noticed.
 */
export class Keeper {
  readonly #index: SyncIndex
  readonly #keeps: Keeps
  readonly #scope: Scope
  #root: Keep | undefined
  /** Of a run that has not ended: an earlier one's, or this one's own. */
  readonly #unsettled: Keep[]
  /** False if the node has lost a block below the last root: then a row counts only if all of its own is there. */
  readonly isWhole: boolean

  private constructor(index: SyncIndex, keeps: Keeps, { scope, root, unsettled, isWhole }: Found) {
    this.#index = index
    this.#keeps = keeps
    this.#scope = scope
    this.#root = root
    this.#unsettled = unsettled
    this.isWhole = isWhole
  }

  /** What can be relied on. Rows whose blocks the node does not keep any more are gone then. */
  static async begin(index: SyncIndex, node: Node, key: string, call: Call): Promise<Keeper> {
    const { keeps } = node
    const scope = await index.scope(key)
    const all = await index.keeps(scope.id)
    const root = all.find(({ id }) => id === scope.root)
    if (scope.root !== null && !(root && (await isKept(node, root)))) {
      await forget(index, keeps, scope.id)
      return Keeper.begin(index, node, key, call)
    }
    for (const stale of all.filter((keep) => keep !== root && keep.id <= scope.settled)) await drop(index, keeps, stale)
    const unsettled = all.filter(({ id }) => id > scope.settled)
    for (const lost of unsettled) if (!(await isKept(node, lost)) || !(await node.blocks.hasAll(lost.cid, call))) await index.dropBatch(lost.id)
    const isWhole = root === undefined || (await node.blocks.hasAll(root.cid, call))
    if (unsettled.length > 0 || !isWhole) await index.distrustFolders(scope.id)
    return new Keeper(index, keeps, { scope, root, unsettled, isWhole })
  }

  get scope(): number {
    return this.#scope.id
  }

  /** Keeps a part of what is not whole yet; `cid` reaches all that the findings name. */
  async batch(cid: string, findings: Findings): Promise<void> {
    const keep = await this.#keep(cid)
    this.#unsettled.push(keep)
    await this.#index.write(this.scope, keep.id, findings)
  }

  /** The root reaches all rows now. */
  async whole(cid: string, findings: Findings): Promise<void> {
    if (this.#root?.cid === cid && this.#unsettled.length === 0) {
      if (findings.count > 0) await this.#index.write(this.scope, this.#root.id, findings)
      return
    }
    const root = await this.#keep(cid)
    await this.#index.write(this.scope, root.id, findings, { root: true })
    for (const old of [...(this.#root ? [this.#root] : []), ...this.#unsettled.splice(0)]) await drop(this.#index, this.#keeps, old)
    this.#root = root
  }

  async #keep(cid: string): Promise<Keep> {
    const keep = await this.#index.addKeep(this.scope, cid)
    await this.#keeps.set(keep.name, cid)
    return keep
  }
}

interface Found {
  readonly scope: Scope
  readonly root: Keep | undefined
  readonly unsettled: Keep[]
  readonly isWhole: boolean
}

/** The rows of a scope, and what the node keeps for them. */
export async function forget(index: SyncIndex, keeps: Keeps, scope: number): Promise<void> {
  for (const keep of await index.keeps(scope)) await keeps.remove(keep.name)
  await index.forget(scope)
}

/** A repository can be another one than it was, or have been collected by somebody who took our pins away. */
const isKept = async ({ keeps, blocks }: Node, { name, cid }: Keep): Promise<boolean> => (await keeps.get(name)) === cid && blocks.has(cid)

async function drop(index: SyncIndex, keeps: Keeps, { id, name }: Keep): Promise<void> {
  await keeps.remove(name)
  await index.dropKeep(id)
}
