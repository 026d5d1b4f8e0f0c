import type { Call } from '../../core/backend.ts'
import { throwIfAborted } from '../../core/error.ts'
import { reasonOf } from './pins.ts'
import type { Carried, Side } from './types.ts'

/**
 * What was published by the keys that both have, with its count: the next publication on the target is a later one then,
 * which peers believe. `self` is another key on each.
 */
export async function carryNames({ node: source }: Side, { node: target }: Side, call: Call): Promise<Carried> {
  const there = new Map((await target.names.keys(call)).map((key) => [key.id, key]))
  const left: string[] = []
  let [carried, already] = [0, 0]
  for (const key of await source.names.keys(call)) {
    throwIfAborted(call.signal, 'migrate')
    const same = there.get(key.id)
    if (!same) continue
    try {
      const signed = await source.names.last(key, call)
      if (!signed) continue
      if (await target.names.takeUp(same, signed, call)) carried++
      else already++
    } catch (error) {
      left.push(`/ipns/${key.id}: ${reasonOf(error)}`)
    }
  }
  return { carried, already, left }
}
