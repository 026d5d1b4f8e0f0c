import { assert, asyncProperty, string, uniqueArray } from 'fast-check'
import { expect, test } from 'vitest'
import { compareNames } from '../../../src/core/path.ts'
import { beside, type Found } from '../../../src/vfs/beside.ts'

const entry = (name: string, etag: string): Found => ({ name, kind: 'file', size: 0, etag })

async function* listed(names: Iterable<string>, etag: string, gone: () => void = () => {}): AsyncGenerator<Found> {
  try {
    for (const name of [...names].toSorted(compareNames)) yield entry(name, etag)
  } finally {
    gone()
  }
}

const names = uniqueArray(string({ unit: 'grapheme', minLength: 1, maxLength: 3 }), { maxLength: 20 })

test('every name of either comes once, in order, with what has it on each side', async () => {
  await assert(
    asyncProperty(names, names, async (here, there) => {
      const found = (await Array.fromAsync(beside(listed(here, 'h'), listed(there, 't')))).flat()
      expect(found.map(({ name }) => name)).toEqual([...new Set([...here, ...there])].toSorted(compareNames))
      for (const { name, source, standing } of found)
        expect([source, standing]).toEqual([here.includes(name) ? entry(name, 'h') : undefined, there.includes(name) ? entry(name, 't') : undefined])
    }),
  )
})

test('who stops early lets both lists go', async () => {
  const gone: string[] = []
  const both = beside(
    listed(['a', 'b'], 'h', () => gone.push('source')),
    listed(['a', 'b'], 't', () => gone.push('standing')),
  )
  for await (const _ of both) break
  expect(gone.toSorted()).toEqual(['source', 'standing'])
})
