import type { Call } from '../../core/backend.ts'
import { isCode, throwIfAborted } from '../../core/error.ts'
import type { Pin } from '../types.ts'
import { carryBlock, carryDag, type Traffic } from './dag.ts'
import type { Carried, Side } from './types.ts'

/** Each pin with its name and all that it holds, unless the target holds as much by a pin of its own. One that holds less there holds all then, and keeps its name. */
export async function carryPins({ node: source }: Side, { node: target }: Side, traffic: Traffic, call: Call): Promise<Carried> {
  const there = new Map<string, Pin>()
  for await (const pin of target.pins.list(call)) there.set(pin.cid, pin)
  const left: string[] = []
  let [carried, already] = [0, 0]
  for await (const { cid, type, name } of source.pins.list(call)) {
    throwIfAborted(call.signal, 'migrate')
    const has = there.get(cid)
    if (has?.type === 'recursive' || has?.type === type) {
      already++
      continue
    }
    const recursive = type === 'recursive'
    try {
      await (recursive ? carryDag : carryBlock)(source.blocks, target.blocks, cid, traffic, call)
      await target.pins.add(cid, { ...call, recursive, name: has?.name ?? name ?? undefined })
      carried++
    } catch (error) {
      left.push(`${cid}: ${reasonOf(error)}`)
    }
  }
  return { carried, already, left }
}

/** Why one thing stays behind. Throws what would keep all others behind too: no engine answers, or nobody waits any more. */
export function reasonOf(error: unknown): string {
  if (isCode(error, 'CANCELLED', 'SERVICE_UNAVAILABLE')) throw error
  return error instanceof Error ? error.message : String(error)
}
