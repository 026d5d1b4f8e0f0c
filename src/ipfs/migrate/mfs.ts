import type { Call } from '../../core/backend.ts'
import { isName } from '../view.ts'
import { childrenOf } from './children.ts'
import { carryDag, type Traffic } from './dag.ts'
import { reasonOf } from './pins.ts'
import type { Migrated, Side } from './types.ts'

/**
 * The mutable tree. Where the target has something else under a name it stays, and is told; folders that both have are gone
 * through. What is missing there goes over whole, one step each, so that a second run finds what the first has done. What has
 * been lost keeps nothing else behind.
 */
export async function carryMfs({ node: source }: Side, { node: target }: Side, traffic: Traffic, call: Call): Promise<Migrated['mfs']> {
  const count = { carried: 0, already: 0 }
  const left: string[] = []
  const told = (path: string, why: string): void => void left.push(`${path}: ${why}`)
  const carry = async (path: string, cid: string): Promise<void> => {
    await carryDag(source.blocks, target.blocks, cid, traffic, call)
    await target.mfs.link(path, cid, { ...call, expect: null })
    count.carried++
  }
  const merge = async (folder: string, from: string, to: string): Promise<void> => {
    const [ours, there] = [await childrenOf(source.blocks, from, call), await childrenOf(target.blocks, to, call)]
    if (!ours || !there) return told(folder, `${target.engine} has something else there`)
    for (const [name, cid] of ours) {
      const path = `${folder}/${name}`
      const here = there.get(name)
      if (here === cid) count.already++
      else if (!isName(name)) told(path, 'no path can express its name')
      else await (here === undefined ? carry(path, cid) : merge(path, cid, here)).catch((error: unknown) => told(path, reasonOf(error)))
    }
  }
  await merge('', await source.mfs.root(call), await target.mfs.root(call)).catch((error: unknown) => told('/', reasonOf(error)))
  const [from, root] = [await source.mfs.root(call), await target.mfs.root(call)]
  return { ...count, left, root, same: from === root }
}
