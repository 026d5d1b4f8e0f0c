import type { Call } from '../../core/backend.ts'
import type { Traffic } from './dag.ts'
import { carryKeys } from './keys.ts'
import { carryMfs } from './mfs.ts'
import { carryNames } from './names.ts'
import { carryPins } from './pins.ts'
import type { Migrated, Side } from './types.ts'

export type { Carried, Migrated, Side } from './types.ts'

/** Carries pins, the mutable tree, keys and what they have signed from one node to another. It takes nothing away, and can be repeated at any time. */
export async function migrate(source: Side, target: Side, call: Call = {}): Promise<Migrated> {
  const traffic: Traffic = { blocks: 0, bytes: 0 }
  await using _ = await target.node.guard()
  const pins = await carryPins(source, target, traffic, call)
  const mfs = await carryMfs(source, target, traffic, call)
  const keys = await carryKeys(source, target, call)
  const names = await carryNames(source, target, call)
  return { pins, mfs, keys, names, ...traffic }
}
