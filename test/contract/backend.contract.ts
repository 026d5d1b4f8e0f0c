import { describe, expect, test } from 'vitest'
import type { Backend } from '../../src/core/backend.ts'
import { ROOT } from '../../src/core/path.ts'
import { folders } from './cases/folders.ts'
import { copying, renaming } from './cases/moving.ts'
import { grafting } from './cases/grafting.ts'
import { oddNames } from './cases/names.ts'
import { refusing } from './cases/read-only.ts'
import { listing, reading } from './cases/reading.ts'
import { trashing } from './cases/trash.ts'
import { conditions, writing } from './cases/writing.ts'
import { behavesLikeATree } from './model/model.ts'
import { type Plant, planted, plantInto } from './support.ts'

export interface ContractOptions {
  /** Of the model-based test. */
  readonly runs?: number
  /** Names that this storage cannot hold, and refuses. */
  readonly refused?: readonly string[]
  /** Takes names for the same that differ in their Unicode normal form only. */
  readonly normalizes?: boolean
}

/** What every backend promises. A backend's own test is one call of this, with a way to make an empty one. */
export function backendContract(title: string, make: () => Promise<Backend>, { runs = 100, ...names }: ContractOptions = {}): void {
  const plant: Plant = async (tree) => {
    const backend = await make()
    await plantInto(backend, tree)
    return planted(backend, ROOT)
  }
  // The cases choose themselves by what the backend says it can do.
  describe(`${title} keeps the backend contract`, async () => {
    await using probe = await make()
    const { capabilities } = probe
    facts(make)
    reading(plant)
    listing(plant)
    oddNames(plant, names)
    writing(make, capabilities)
    conditions(make)
    folders(make)
    if (capabilities.rename) renaming(make)
    if (capabilities.copy) copying(make)
    if (capabilities.trash) trashing(make, capabilities)
    if (capabilities.by_cid) grafting(make)
    behavesLikeATree(make, capabilities, runs)
  })
}

/** The same for a storage that can only be read, with a way to make one that holds a tree. */
export function readOnlyContract(title: string, plant: Plant, code: 'UNSUPPORTED' | 'READ_ONLY' = 'UNSUPPORTED'): void {
  describe(`${title} keeps the backend contract`, () => {
    reading(plant)
    listing(plant)
    oddNames(plant)
    refusing(plant, code)
  })
}

function facts(make: () => Promise<Backend>): void {
  test('says what it is', async () => {
    await using b = await make()
    expect(b.scheme).toMatch(/^[a-z][a-z0-9]*$/)
    expect(Object.isFrozen(b.capabilities)).toBe(true)
    expect(b.capabilities.trash).toBe(b.trash !== undefined)
    expect(b.capabilities.write).toBe(true)
  })
}
