import { expect, onTestFinished, test, vi } from 'vitest'
import type { ChangeId, HistoryQuery, Intent, Journal } from '../../../src/journal/types.ts'
import { actor, file, freshJournal, place } from '../../support/journal.ts'

async function change(journal: Journal, kind: Intent['kind'], path: string, rest: Partial<Intent> = {}): Promise<ChangeId> {
  const open = await journal.begin({ kind, place: place(path), actor, before: null, ...rest })
  open.done(kind === 'remove' ? null : file(`e-${open.id}`, 1, `cid-${open.id}`))
  await journal.settled()
  return open.id
}

const ids = (journal: Journal, query: Partial<HistoryQuery>): ChangeId[] => journal.history({ limit: 100, ...query }).map((record) => record.change)

test("a path's history holds its own changes, those below it, and those that took it along", async () => {
  await using it = await freshJournal()
  const j = it.journal
  const top = await change(j, 'mkdir', '/d')
  const own = await change(j, 'write', '/d/f')
  const beside = await change(j, 'write', '/d/ff')
  const moved = await change(j, 'move', '/e', { from: place('/d') })
  const removed = await change(j, 'remove', '/e')
  const elsewhere = await change(j, 'write', '/d/f', { place: place('/d/f', 'memory:2') })
  expect(ids(j, { place: place('/d/f') })).toEqual([moved, own])
  expect(ids(j, { place: place('/d') })).toEqual([moved, beside, own, top])
  expect(ids(j, { place: place('/e/f') })).toEqual([removed, moved])
  expect(ids(j, { place: place('/') })).toEqual([removed, moved, beside, own, top])
  expect(ids(j, {})).toEqual([elsewhere, removed, moved, beside, own, top])
  expect(ids(j, { place: place('/d/f', 'no such volume') })).toEqual([])
})

test('parts stand for their whole unless they are asked for', async () => {
  await using it = await freshJournal()
  const whole = await it.journal.begin({ kind: 'copy', place: place('/t'), actor, before: null, partsOnly: true })
  const parts = [await change(it.journal, 'mkdir', '/t', { parent: whole.id }), await change(it.journal, 'write', '/t/a', { parent: whole.id })]
  whole.done(null)
  await it.journal.settled()
  expect(ids(it.journal, { place: place('/t/a') })).toEqual([whole.id])
  expect(ids(it.journal, { place: place('/t/a'), parts: true })).toEqual([parts[1]])
  expect(ids(it.journal, {})).toEqual([whole.id])
  expect(
    it.journal
      .parts(whole.id)
      .toArray()
      .map((part) => [part.change, part.parent]),
  ).toEqual(parts.map((part) => [part, whole.id]))
})

test('a part of a part stands for the top one', async () => {
  await using it = await freshJournal()
  const top = await it.journal.begin({ kind: 'undo', place: place('/'), actor, before: null, partsOnly: true })
  const middle = await it.journal.begin({ kind: 'copy', place: place('/t'), actor, before: null, partsOnly: true, parent: top.id })
  const bottom = await change(it.journal, 'write', '/t/a', { parent: middle.id })
  const beside = await change(it.journal, 'write', '/u', { parent: top.id })
  middle.done(null)
  top.done(null)
  await it.journal.settled()
  expect(ids(it.journal, { place: place('/t/a') })).toEqual([top.id])
  const below = (id: ChangeId): ChangeId[] => Array.from(it.journal.below(id), (part) => part.change)
  expect([below(top.id), below(middle.id), below(bottom)]).toEqual([[middle.id, beside, bottom], [bottom], []])
})

test('pages follow each other without a gap, by session, state and time', async () => {
  await using it = await freshJournal()
  const j = it.journal
  const all: ChangeId[] = []
  for (let i = 0; i < 7; i++) all.unshift(await change(j, 'write', `/f${i}`, { actor: { ...actor, session: i % 2 ? 'odd' : 'even' } }))
  const first = j.history({ limit: 3 })
  const second = j.history({ limit: 3, before: first.at(-1)?.seq })
  expect([...first, ...second].map((record) => record.change)).toEqual(all.slice(0, 6))
  expect(ids(j, { session: 'odd' })).toEqual([all[1], all[3], all[5]])
  expect(ids(j, { after: first.at(-1)?.seq })).toEqual(all.slice(0, 2))
  const failed = await j.begin({ kind: 'write', place: place('/x'), actor, before: null })
  await failed.aborted()
  expect(ids(j, { states: ['aborted'] })).toEqual([failed.id])
  expect(ids(j, { since: new Date(Date.now() + 60_000) })).toEqual([])
  expect(ids(j, { since: new Date(0), until: new Date(Date.now() + 60_000) })).toHaveLength(8)
  expect(ids(j, { until: new Date(0) })).toEqual([])
})

test('a time maps to a sequence', async () => {
  await using it = await freshJournal()
  const j = it.journal
  const before = await change(j, 'write', '/a')
  const turn = (j.get(before)?.at.getTime() ?? 0) + 1
  while (Date.now() < turn) await new Promise((resolve) => setImmediate(resolve))
  const after = await change(j, 'write', '/a')
  expect(ids(j, { since: new Date(turn) })).toEqual([after])
  expect(ids(j, { until: new Date(turn - 1) })).toEqual([before])
})

test('since a time is after the last change that is older, where the clock was ahead for a while before', async () => {
  await using it = await freshJournal()
  const j = it.journal
  const start = Date.now()
  vi.useFakeTimers({ toFake: ['Date'], now: start })
  onTestFinished(() => void vi.useRealTimers())
  const at = (seconds: number): Promise<ChangeId> => {
    vi.setSystemTime(start + seconds * 1000)
    return change(j, 'write', '/a')
  }
  const [first, ahead] = [await at(0), [await at(7200), await at(7201), await at(7202)]]
  const [old, recent] = [await at(10), await at(20)]
  expect(ids(j, { since: new Date(start + 15_000) })).toEqual([recent])
  const last = await at(30)
  expect(ids(j, { since: new Date(start + 15_000) })).toEqual([last, recent])
  expect(ids(j, { since: new Date(start + 5000) })).toEqual([last, recent, old, ...ahead.toReversed()])
  expect(ids(j, { since: new Date(start - 1) })).toContain(first)
  const back = await at(-3600)
  expect(ids(j, { since: new Date(start + 15_000) })).toEqual([])
  expect(ids(j, { since: new Date(start - 3_600_000) })).toContain(back)
})

test('the CID of a content is known by its etag, at its path only', async () => {
  await using it = await freshJournal()
  const id = await change(it.journal, 'write', '/a')
  await change(it.journal, 'write', '/a')
  const seen = ['/a', '/b'].map((inner) => ({ inner, etag: `e-${id}` }))
  expect(it.journal.known('local:test', seen)).toEqual([`cid-${id}`, undefined])
  expect(it.journal.known('no such volume', seen)).toEqual([undefined, undefined])
})

test('what is rare is found behind many others', async () => {
  await using it = await freshJournal()
  const rare = await it.journal.begin({ kind: 'write', place: place('/d/rare'), actor, before: null })
  await rare.aborted()
  const whole = await it.journal.begin({ kind: 'copy', place: place('/d/t'), actor, before: null, partsOnly: true })
  for (let i = 0; i < 40; i++) await change(it.journal, 'write', `/d/t/${i}`, { parent: whole.id })
  whole.done(null)
  await it.journal.settled()
  expect(ids(it.journal, { place: place('/d'), states: ['aborted'], limit: 1 })).toEqual([rare.id])
  expect(ids(it.journal, { place: place('/d'), limit: 2 })).toEqual([whole.id, rare.id])
  expect(ids(it.journal, { session: 's1', limit: 2 })).toEqual([whole.id, rare.id])
  expect(ids(it.journal, { place: place('/d'), limit: 1, before: it.journal.get(whole.id)?.seq })).toEqual([rare.id])
})
