import type { Call } from '../../core/backend.ts'
import { throwIfAborted } from '../../core/error.ts'
import type { Pin } from '../types.ts'
import { carryBlock, carryDag, type Traffic } from './dag.ts'
import type { Carried, Side } from './types.ts'

/** Each pin with its name and all that it holds, unless the target holds as much by a pin of its own. */
export async function carryPins({ node: source }: Side, { node: target }: Side, traffic: Traffic, call: Call): Promise<Carried> {
  const there = new Map<string, Pin['type']>()
  for await (const { cid, type } of target.pins.list(call)) there.set(cid, type)
  const left: string[] = []
  let [carried, already] = [0, 0]
  for await (const { cid, type, name } of source.pins.list(call)) {
    throwIfAborted(call.signal, 'migrate')
    if (there.get(cid) === 'recursive' || there.get(cid) === type) {
      already++
      continue
    }
    const recursive = type === 'recursive'
    try {
      await (recursive ? carryDag : carryBlock)(source.blocks, target.blocks, cid, traffic, call)
      await target.pins.add(cid, { ...call, recursive, name: name ?? undefined })
      carried++
    } catch (error) {
      throwIfAborted(call.signal, 'migrate')
      left.push(`${cid}: ${messageOf(error)}`)
    }
  }
  return { carried, already, left }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
