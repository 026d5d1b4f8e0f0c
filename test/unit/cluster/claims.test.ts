import { expect, test } from 'vitest'
import { claiming, claimOf, isBy, isOfOthers } from '../../../backends/cluster/claims.ts'
import { Pinned } from '../../../src/cluster/types.ts'
import type { Metadata } from '../../../src/core/backend.ts'

const pin = (name: string, metadata: Metadata = {}): Pinned => Pinned.parse({ cid: 'bafy', name, metadata })
const CLAIM = { owner: '7b4f1e1c-6d0e-4a0b-9a8e-2f6f0a3c5d11', previous: 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354' }

test('a pin is of every tree that claims it, and made of what the one of its name says', () => {
  const both = pin('blue', claiming(pin('red', claiming(undefined, 'red', CLAIM)), 'blue', { ...CLAIM, owner: 'another' }))
  expect(claimOf(both, 'blue')).toMatchObject({ replaced: false, previous: CLAIM.previous })
  expect(claimOf(both, 'red')).toMatchObject({ replaced: false, previous: undefined })
  expect([isBy(claimOf(both, 'red'), CLAIM.owner), isBy(claimOf(both, 'blue'), CLAIM.owner)]).toEqual([true, false])
  expect([isOfOthers(both, 'red'), isOfOthers(pin('red', claiming(undefined, 'red', CLAIM)), 'red')]).toEqual([true, false])
  expect(claimOf(pin('red', { note: 'by hand' }), 'red')).toBeUndefined()
})

test('a tree whose root it is no longer keeps nobody else from letting it expire', () => {
  const left = pin('red (replaced)', claiming(undefined, 'red', { ...CLAIM, replaced: true }))
  expect(claimOf(left, 'red')).toMatchObject({ replaced: true })
  expect(isOfOthers(left, 'blue')).toBe(false)
})

test('of very many trees that are alike the newest has its claim, and all of them go into the head of a request', () => {
  let metadata: Metadata = {}
  for (let i = 0; i < 300; i++) metadata = claiming(pin(`tree ${i}`, metadata), `tree ${i + 1}`, CLAIM)
  expect(claimOf(pin('tree 300', metadata), 'tree 300')).toMatchObject({ replaced: false })
  expect(new URLSearchParams(Object.entries(metadata).map(([key, value]) => [`meta-${key}`, value])).toString().length).toBeLessThan(3200)
})
