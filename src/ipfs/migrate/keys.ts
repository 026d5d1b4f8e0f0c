import type { Call } from '../../core/backend.ts'
import { reasonOf } from './pins.ts'
import type { Carried, Side } from './types.ts'

/** Every key but `self`, which is the node itself. */
export async function carryKeys(source: Side, target: Side, call: Call): Promise<Carried> {
  const there = new Map((await target.node.names.keys(call)).map(({ name, id }) => [name, id]))
  const left: string[] = []
  let [carried, already] = [0, 0]
  for (const { name, id } of await source.node.names.keys(call)) {
    if (name === 'self') continue
    if (there.get(name) === id) already++
    else if (there.has(name)) left.push(`${name}: ${target.node.engine} has another key of this name`)
    else if (await carry(source, target, name, left, call)) carried++
  }
  return { carried, already, left }
}

async function carry(source: Side, target: Side, name: string, left: string[], call: Call): Promise<boolean> {
  try {
    const key = await source.readKey(name)
    if (!key) left.push(`${name}: ${source.node.engine} does not hand it out; its owner moves it with: ipfs key export`)
    else await target.node.names.addKey(name, key, call)
    return key !== undefined
  } catch (error) {
    left.push(`${name}: ${reasonOf(error)}`)
    return false
  }
}
