import { describe, expect, test } from 'vitest'
import type { Backend, Capabilities } from '../../src/core/backend.ts'
import { folders } from './cases/folders.ts'
import { copying, renaming } from './cases/moving.ts'
import { grafting } from './cases/grafting.ts'
import { oddNames } from './cases/names.ts'
import { noting } from './cases/noting.ts'
import { refusing } from './cases/read-only.ts'
import { listing, reading, theRoot } from './cases/reading.ts'
import { trashing } from './cases/trash.ts'
import { conditions, writing } from './cases/writing.ts'
import { behavesLikeATree } from './model/model.ts'
import { type Plant, plantingInOne } from './support.ts'

export interface ContractOptions {
  /** Of the model-based test. */
  readonly runs?: number
  /** Names that this storage cannot hold, and refuses. */
  readonly refused?: readonly string[]
  /** Takes names for the same that differ in their Unicode normal form only. */
  readonly normalizes?: boolean
  /** How the table of docs/backends.md names it: what it can do is recorded there once it has kept the contract. */
  readonly row?: string
}

/** What every backend promises. A backend's own test is one call of this, with a way to make an empty one. */
export function backendContract(title: string, make: () => Promise<Backend>, { runs = 100, row, ...names }: ContractOptions = {}): void {
  // The cases choose themselves by what the backend says it can do.
  describe(`${title} keeps the backend contract`, async () => {
    await using probe = await make()
    const { capabilities } = probe
    const plant = plantingInOne(make)
    facts(make)
    theRoot(make)
    reading(plant)
    listing(plant)
    oddNames(plant, names)
    writing(make, capabilities)
    conditions(make)
    folders(make)
    if (capabilities.rename) renaming(make, capabilities)
    if (capabilities.copy) copying(make)
    if (capabilities.trash) trashing(make, capabilities)
    if (capabilities.by_cid) grafting(make)
    if (capabilities.metadata) noting(make, capabilities)
    behavesLikeATree(make, capabilities, runs)
    if (row !== undefined) recorded(row, capabilities, names)
  })
}

export interface ReadOnlyOptions extends Pick<ContractOptions, 'row'> {
  /** With which a change is refused. */
  readonly code?: 'UNSUPPORTED' | 'READ_ONLY'
}

/** The same for a storage that can only be read, with a way to make one that holds a tree. */
export function readOnlyContract(title: string, plant: Plant, { code = 'UNSUPPORTED', row }: ReadOnlyOptions = {}): void {
  describe(`${title} keeps the backend contract`, async () => {
    reading(plant)
    listing(plant)
    oddNames(plant)
    refusing(plant, code)
    await using probe = await plant({})
    if (row !== undefined) recorded(row, probe.backend.capabilities)
  })
}

/** docs/backends.md is made of these records; a run that finds a storage to be other than recorded fails. */
function recorded(row: string, capabilities: Capabilities, { refused = [], normalizes = false }: Pick<ContractOptions, 'refused' | 'normalizes'> = {}): void {
  test('can do what the docs say of it', async () => {
    const record = `${JSON.stringify({ row, capabilities, refused, normalizes }, null, 2)}\n`
    await expect(record).toMatchFileSnapshot(`capabilities/${row.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.json`)
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
