import type { Call } from '../../core/backend.ts'
import type { NamedNode } from '../../content/types.ts'
import { carryDag, type Traffic } from './dag.ts'
import { reasonOf } from './pins.ts'
import type { Migrated, Side } from './types.ts'

/**
 * The mutable tree. Where the target has something else under a name it stays, and is told; folders that both have are gone
 * through. What is missing there goes over whole, one step each, so that a second run finds what the first has done.
 */
export async function carryMfs({ node: source }: Side, { node: target }: Side, traffic: Traffic, call: Call): Promise<Migrated['mfs']> {
  const count = { carried: 0, already: 0 }
  const left: string[] = []
  const carry = async (path: string, cid: string): Promise<void> => {
    try {
      await carryDag(source.blocks, target.blocks, cid, traffic, call)
      await target.mfs.link(path, cid, { ...call, expect: null })
      count.carried++
    } catch (error) {
      left.push(`${path}: ${reasonOf(error)}`)
    }
  }
  const merge = async (folder: string): Promise<void> => {
    const there = new Map<string, NamedNode>()
    for await (const entry of target.mfs.list(folder, call)) there.set(entry.name, entry)
    for await (const { name, cid, kind } of source.mfs.list(folder, call)) {
      const path = `${folder === '/' ? '' : folder}/${name}`
      const here = there.get(name)
      if (!here) await carry(path, cid)
      else if (here.cid === cid) count.already++
      else if (here.kind === 'directory' && kind === 'directory') await merge(path)
      else left.push(`${path}: ${target.engine} has something else there`)
    }
  }
  await merge('/')
  const [from, root] = [await source.mfs.root(call), await target.mfs.root(call)]
  return { ...count, left, root, same: from === root }
}
