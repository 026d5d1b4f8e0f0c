import { expect, test as base } from 'vitest'
import type { ChangeId, Intent, Journal, OpenChange, Snapshot } from '../../../src/journal/types.ts'
import { planUndo, type UndoScope } from '../../../src/journal/undo.ts'
import { actor, file, freshJournal, place } from '../../support/journal.ts'

const kept = { in: 'trash', etag: 'x' } as const
const s3 = { actor: { ...actor, session: 's3' } }
const s2 = { actor: { ...actor, session: 's2' } }

/** Speaks of changes as they happen: each is begun and done at once. */
class Story {
  readonly journal: Journal

  constructor(journal: Journal) {
    this.journal = journal
  }

  async begin(kind: Intent['kind'], path: string, rest: Partial<Intent> = {}): Promise<OpenChange> {
    return this.journal.begin({ kind, place: place(path), actor, before: null, ...rest })
  }

  async happen(kind: Intent['kind'], path: string, rest: Partial<Intent> = {}, after: Snapshot | null = file('e')): Promise<ChangeId> {
    const change = await this.begin(kind, path, rest)
    change.done(after)
    await this.journal.settled()
    return change.id
  }

  create(path: string, rest: Partial<Intent> = {}): Promise<ChangeId> {
    return this.happen('write', path, rest)
  }

  replace(path: string, rest: Partial<Intent> = {}): Promise<ChangeId> {
    return this.happen('write', path, { before: file('b'), kept, ...rest })
  }

  remove(path: string, rest: Partial<Intent> = {}): Promise<ChangeId> {
    return this.happen('remove', path, { before: file('b'), kept, ...rest }, null)
  }

  move(from: string, to: string, rest: Partial<Intent> = {}): Promise<ChangeId> {
    return this.happen('move', to, { from: place(from), ...rest })
  }

  /** As the VFS undoes: a change of parts, each of which takes one back. */
  undo(...ids: readonly ChangeId[]): Promise<ChangeId> {
    return this.undoAs('s1', ...ids)
  }

  async undoAs(session: string, ...ids: readonly ChangeId[]): Promise<ChangeId> {
    const by = { actor: { ...actor, session } }
    const set = await this.begin('undo', this.#path(ids[0]), { ...by, partsOnly: true, undoes: ids.length === 1 ? ids[0] : undefined })
    for (const id of ids) await this.#undoOne(id, { ...by, parent: set.id })
    set.done(null)
    await this.journal.settled()
    return set.id
  }

  async plan(scope: UndoScope): Promise<{ changes: ChangeId[]; conflicts: ChangeId[] }> {
    const { changes, conflicts } = await planUndo(this.journal, scope)
    return { changes: changes.map(({ change }) => change), conflicts: conflicts.map(({ change }) => change) }
  }

  /** What happens from now on is later. */
  async moment(): Promise<Date> {
    const since = new Date(Date.now() + 1)
    while (Date.now() < since.getTime()) await new Promise((resolve) => setImmediate(resolve))
    return since
  }

  partsOf(id: ChangeId): ChangeId[] {
    return [...this.journal.parts(id)].map(({ change }) => change)
  }

  undoneBy(id: ChangeId): ChangeId | null | undefined {
    return this.journal.get(id)?.undoneBy
  }

  async #undoOne(id: ChangeId, by: Partial<Intent>): Promise<void> {
    const parts = this.journal.parts(id, { newestFirst: true })
    if (!this.journal.get(id)?.partsOnly) await this.replace(this.#path(id), { ...by, undoes: id })
    for (const part of parts) if (part.state === 'done' && part.undoneBy === null) await this.#undoOne(part.change, by)
  }

  #path(id: ChangeId | undefined): string {
    return this.journal.get(id ?? '')?.place.inner ?? ''
  }
}

const test = base.extend<{ s: Story }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the names of the fixtures from the pattern
  s: async ({}, use) => {
    await using it = await freshJournal()
    await use(new Story(it.journal))
  },
})

const CLEAN = (...changes: ChangeId[]): { changes: ChangeId[]; conflicts: ChangeId[] } => ({ changes, conflicts: [] })

test('one change is planned alone', async ({ s }) => {
  const [a, b] = [await s.create('/a'), await s.replace('/b')]
  expect(await s.plan({ change: a })).toEqual(CLEAN(a))
  expect(await s.plan({ change: b })).toEqual(CLEAN(b))
})

test('of several places since a time, what was found at two of them is planned once, the newest first', async ({ s }) => {
  const [before, since] = [await s.create('/a/old'), await s.moment()]
  const [first, second, third] = [await s.create('/a/f'), await s.create('/b/f'), await s.create('/a/in/f')]
  await s.create('/c/f')
  const places = [place('/b'), place('/a'), place('/a/in')]
  expect(await s.plan({ places, since })).toEqual(CLEAN(third, second, first))
  expect((await s.plan({ places, since: new Date(0) })).changes).toEqual([third, second, first, before])
})

test('what is not there, did not take place, or was undone is said', async ({ s }) => {
  const a = await s.create('/a')
  const aborted = await s.begin('write', '/x')
  await aborted.aborted()
  const open = await s.begin('write', '/y')
  const doubtful = await s.begin('write', '/z')
  await doubtful.inDoubt('no answer')
  const u = await s.undo(a)
  const planned = (id: ChangeId) => s.plan({ change: id })
  await expect(planned('c000001')).rejects.toMatchObject({ code: 'CHANGE_NOT_FOUND' })
  await expect(planned(a)).rejects.toMatchObject({ code: 'ALREADY_UNDONE', message: expect.stringContaining(u) })
  await expect(planned(aborted.id)).rejects.toMatchObject({ code: 'ALREADY_UNDONE' })
  await expect(planned(open.id)).rejects.toMatchObject({ code: 'BUSY', retryable: true })
  await expect(planned(doubtful.id)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
})

test("a later change of the same path is by other hands, one's own too", async ({ s }) => {
  const [first] = [await s.create('/f'), await s.replace('/f')]
  const { conflicts } = await planUndo(s.journal, { change: first })
  expect(conflicts).toEqual([{ change: first, place: place('/f'), reason: expect.stringMatching(/later, by c[0-9a-v]{6} \(test, vfs_write\)/) }])
})

test('a later change above or below is by other hands too, one beside is not', async ({ s }) => {
  const folder = await s.happen('mkdir', '/d')
  const inside = await s.create('/d/f')
  const beside = await s.create('/dd')
  expect((await s.plan({ change: folder })).conflicts).toEqual([folder])
  expect(await s.plan({ change: inside })).toEqual(CLEAN(inside))
  await s.move('/d', '/e')
  expect((await s.plan({ change: inside })).conflicts).toEqual([inside])
  expect(await s.plan({ change: beside })).toEqual(CLEAN(beside))
})

test('a file that took the place of a folder above is in the way of what lay in that', async ({ s }) => {
  const [removed] = [await s.remove('/d/f'), await s.create('/d')]
  expect((await s.plan({ change: removed })).conflicts).toEqual([removed])
})

test('a move is in the way at both of its ends', async ({ s }) => {
  const move = await s.move('/a', '/b')
  const again = await s.create('/a')
  expect((await s.plan({ change: move })).conflicts).toEqual([move])
  await s.undo(again)
  expect(await s.plan({ change: move })).toEqual(CLEAN(move))
})

test("what cancelled out is in nobody's way", async ({ s }) => {
  const first = await s.create('/f')
  const second = await s.replace('/f')
  await s.undo(second)
  expect(await s.plan({ change: first })).toEqual(CLEAN(first))
  await s.undo(await s.replace('/f'), await s.create('/g'))
  expect(await s.plan({ change: first })).toEqual(CLEAN(first))
})

test('an undo can be undone, and then the change again', async ({ s }) => {
  const first = await s.create('/f')
  const undo = await s.undo(first)
  expect(s.undoneBy(first)).toBe(undo)
  expect(await s.plan({ change: undo })).toEqual(CLEAN(undo))
  const redo = await s.undo(undo)
  expect([s.undoneBy(undo), s.undoneBy(first)]).toEqual([redo, null])
  expect(await s.plan({ change: first })).toEqual(CLEAN(first))
  const last = await s.undo(first)
  expect(s.undoneBy(first)).toBe(last)
})

test('a session is undone newest first, without what it has undone itself', async ({ s }) => {
  const a = await s.create('/a')
  const b = await s.replace('/a')
  const c = await s.create('/c')
  await s.undo(b)
  await s.create('/other', s2)
  expect(await s.plan({ session: 's1' })).toEqual(CLEAN(c, a))
  expect(await s.plan({ session: 'none' })).toEqual(CLEAN())
})

test("a session that undid another one's change does it again", async ({ s }) => {
  const other = await s.create('/f', s2)
  const undo = await s.undo(other)
  expect(await s.plan({ session: 's1' })).toEqual(CLEAN(undo))
})

test("what a session made again after others had undone it is one with its first making, and others' is not", async ({ s }) => {
  const own = await s.create('/f')
  const others = await s.create('/g', s2)
  const undos = [await s.undoAs('s2', own), await s.undoAs('s2', others)]
  await s.undo(undos[0] ?? '')
  const again = await s.undo(undos[1] ?? '')
  expect(await s.plan({ session: 's1' })).toEqual(CLEAN(again, own))
})

test('what others had undone and is to be undone again comes after all that it would then change', async ({ s }) => {
  const made = await s.create('/f')
  const removed = await s.remove('/f', s2)
  const back = await s.undo(removed)
  expect(await s.plan({ session: 's1' })).toEqual({ changes: [back, made], conflicts: [made] })
  expect(await s.plan({ change: back })).toEqual(CLEAN(back))
})

test('what an undo makes count again makes its own first making count again', async ({ s }) => {
  const [made, replaced] = [await s.create('/f'), await s.replace('/f', s2)]
  const again = await s.undoAs('s2', await s.undoAs('s2', replaced))
  const gone = await s.undo(again)
  expect(await s.plan({ session: 's1' })).toEqual({ changes: [gone, made], conflicts: [made] })
})

test("others in between make a session's undo a conflict", async ({ s }) => {
  const a = await s.create('/a')
  await s.replace('/a', s2)
  const c = await s.create('/c')
  expect(await s.plan({ session: 's1' })).toEqual({ changes: [c, a], conflicts: [a] })
})

async function tree(s: Story, top: string): Promise<{ whole: ChangeId; parts: ChangeId[] }> {
  const whole = await s.begin('copy', top, { partsOnly: true })
  const parts = [
    await s.happen('mkdir', top, { parent: whole.id }),
    await s.create(`${top}/a`, { parent: whole.id }),
    await s.create(`${top}/b`, { parent: whole.id }),
  ]
  whole.done(null)
  await s.journal.settled()
  return { whole: whole.id, parts }
}

test("a change of parts is planned whole, and its parts are not in each other's way", async ({ s }) => {
  const { whole, parts } = await tree(s, '/t')
  expect(await s.plan({ change: whole })).toEqual(CLEAN(whole))
  await s.undo(parts[2] ?? '')
  expect(s.undoneBy(whole)).toBeNull()
  expect(await s.plan({ change: whole })).toEqual(CLEAN(whole))
  await s.replace('/t/a', s2)
  expect((await s.plan({ change: whole })).conflicts).toEqual([parts[1], parts[0]])
})

test('a part whose undoing was undone and counts is taken back, though the whole is undone', async ({ s }) => {
  const { whole } = await tree(s, '/t')
  const undo = await s.undoAs('s2', whole)
  const again = await s.undo(undo)
  const partOf = (change: ChangeId): ChangeId => s.journal.parts(change).find(({ place: { inner } }) => inner === '/t/a')?.change ?? ''
  await s.undo(partOf(again))
  expect(s.undoneBy(undo)).toBe(again)
  expect(await s.plan({ session: 's2' })).toEqual(CLEAN(partOf(undo)))
  expect(await s.plan({ places: [place('/')], since: new Date(0) })).toEqual(CLEAN(whole))
})

test('a change of parts is undone when all its parts are', async ({ s }) => {
  const { whole, parts } = await tree(s, '/t')
  const undo = await s.undo(...parts.toReversed())
  expect(s.undoneBy(whole)).toBe(undo)
  await expect(s.plan({ change: whole })).rejects.toMatchObject({ code: 'ALREADY_UNDONE' })
  await s.undo(undo)
  expect(s.undoneBy(whole)).toBeNull()
})

test('folders made on the way belong to the change that needed them', async ({ s }) => {
  const folder = await s.happen('mkdir', '/d')
  const write = await s.begin('write', '/d/e/f')
  await s.happen('mkdir', '/d/e', { parent: write.id })
  write.done(file('e'))
  await s.journal.settled()
  expect(await s.plan({ change: write.id })).toEqual(CLEAN(write.id))
  expect(await s.plan({ session: 's1' })).toEqual(CLEAN(write.id, folder))
})

test('parts that were taken back count for nothing', async ({ s }) => {
  const first = await s.create('/t/a')
  const whole = await s.begin('copy', '/t', { partsOnly: true })
  const part = await s.replace('/t/a', { parent: whole.id })
  await whole.aborted()
  expect(s.journal.get(part)?.state).toBe('aborted')
  expect(await s.plan({ change: first })).toEqual(CLEAN(first))
})

test('of a change that stopped half way, the finished parts are undone', async ({ s }) => {
  const whole = await s.begin('copy', '/t', { partsOnly: true })
  const part = await s.create('/t/a', { parent: whole.id })
  await whole.partial('the disk went')
  expect(s.journal.get(whole.id)).toMatchObject({ state: 'partial', reason: 'the disk went' })
  expect(await s.plan({ change: whole.id })).toEqual(CLEAN(whole.id))
  expect(await s.plan({ session: 's1' })).toEqual(CLEAN(whole.id))
  expect(await s.plan({ change: part })).toEqual(CLEAN(part))
})

test('what was not kept cannot be undone', async ({ s }) => {
  const lost = await s.happen('write', '/f', { before: file('b') })
  expect((await planUndo(s.journal, { change: lost })).conflicts).toMatchObject([{ change: lost, reason: 'what it replaced is not kept' }])
  const purged = await s.replace('/p', { kept: { in: 'journal', cid: 'bafkgone' } })
  expect((await planUndo(s.journal, { change: purged })).conflicts).toMatchObject([{ change: purged, reason: 'what it replaced is kept no longer' }])
  const half = await s.begin('remove', '/d', { before: file('b'), kept })
  await half.partial('some of it may be gone')
  expect((await planUndo(s.journal, { change: half.id })).conflicts).toMatchObject([{ reason: expect.stringContaining('partial: some of it may be gone') }])
})

test('a place is undone since a time, in the parts that lie in it', async ({ s }) => {
  const old = await s.create('/t/old')
  const since = await s.moment()
  const { whole, parts } = await tree(s, '/t')
  const inside = await s.replace('/t/a')
  const out = await s.move('/t/b', '/outside')
  expect(await s.plan({ places: [place('/t')], since })).toEqual(CLEAN(out, inside, whole))
  expect(await s.plan({ places: [place('/t/a')], since })).toEqual(CLEAN(inside, parts[1] ?? ''))
  expect((await s.plan({ places: [place('/t')], since: new Date(0) })).changes).toEqual([out, inside, whole, old])
  expect(await s.plan({ places: [place('/t/old')], since })).toEqual(CLEAN())
})

test('a folder that was moved away from above is in the way of what lay below', async ({ s }) => {
  const inside = await s.create('/t/x')
  await s.remove('/t')
  expect(await s.plan({ places: [place('/t/x')], since: new Date(0) })).toEqual({ changes: [inside], conflicts: [inside] })
})

test('what cancels out about something that does not is taken back one by one', async ({ s }) => {
  const folder = await s.happen('mkdir', '/d')
  const since = await s.moment()
  const inside = await s.create('/d/f')
  const gone = await s.undo(inside, folder)
  const back = await s.undo(s.partsOf(gone)[0] ?? '')
  const nothing = await s.begin('copy', '/e', { partsOnly: true })
  nothing.done(null)
  await s.journal.settled()
  expect(await s.plan({ places: [place('/')], since })).toEqual(CLEAN(back, gone, inside))
})

test('of a session only what was taken away itself is in the way by what cancels out', async ({ s }) => {
  const [own, theirs] = [await s.create('/f'), await s.replace('/f', s2)]
  const [first = ''] = s.partsOf(await s.undo(theirs, own))
  expect(await s.plan({ session: 's1' })).toEqual({ changes: [first], conflicts: [first] })
  const [below, above] = [await s.create('/d/f', s3), await s.replace('/d', s2)]
  const [second = ''] = s.partsOf(await s.undoAs('s3', above, below))
  expect(await s.plan({ session: 's3' })).toEqual(CLEAN(second))
})

test('what was taken back one by one would need what is not kept', async ({ s }) => {
  const folder = await s.happen('mkdir', '/d')
  const since = await s.moment()
  const whole = await s.begin('copy', '/d', { partsOnly: true })
  await s.happen('write', '/d/f', { parent: whole.id, before: file('b') })
  whole.done(null)
  await s.journal.settled()
  const gone = s.partsOf(await s.undo(whole.id, folder))
  await s.undo(gone[0] ?? '')
  await s.undo(s.partsOf(whole.id)[0] ?? '')
  expect((await s.plan({ places: [place('/')], since })).conflicts).toEqual([gone[1]])
})

test('what others had undone makes nothing count again once that is undone itself', async ({ s }) => {
  const [own, theirs, beside] = [await s.create('/f'), await s.replace('/f', s2), await s.create('/g', s2)]
  const undo = await s.undo(theirs, beside)
  await s.undoAs('s2', s.partsOf(undo)[0] ?? '')
  await s.undoAs('s2', theirs)
  expect(await s.plan({ session: 's1' })).toEqual(CLEAN(undo, own))
})

test('a folder that stayed when its change was undone is none of what others did to that', async ({ s }) => {
  const write = await s.begin('write', '/d/f')
  const folder = await s.happen('mkdir', '/d', { parent: write.id })
  write.done(file('e'))
  await s.journal.settled()
  await s.remove('/d/f', { ...s2, undoes: write.id })
  expect(await s.plan({ session: 's1' })).toEqual(CLEAN(folder))
})

test('a folder may stay for what the caller has nothing to do with', async ({ s }) => {
  const folder = await s.happen('mkdir', '/d')
  await s.create('/d/hidden')
  const scope = { places: [place('/')], since: new Date(0) }
  expect(await s.plan({ ...scope, leavesOut: ({ place: { inner } }) => inner === '/d/hidden' })).toEqual(CLEAN(folder))
})

test('a folder that came or went above the place is in the way, unless that cancels out', async ({ s }) => {
  await s.create('/t/x')
  const since = await s.moment()
  const gone = await s.happen('remove', '/t', { before: { ...file('d'), kind: 'directory' }, kept }, null)
  expect(await s.plan({ places: [place('/t/x')], since })).toEqual({ changes: [], conflicts: [gone] })
  await s.undo(gone)
  expect(await s.plan({ places: [place('/t/x')], since })).toEqual(CLEAN())
})

test('a change and its undo around another one of the set are no other hands', async ({ s }) => {
  const first = await s.happen('mkdir', '/e')
  const second = await s.happen('mkdir', '/e') // made at the same time, by another client
  await s.undo(first)
  expect(await s.plan({ places: [place('/')], since: new Date(0) })).toEqual({ changes: [second], conflicts: [] })
  expect((await s.plan({ change: second })).conflicts).toEqual([second])
})
