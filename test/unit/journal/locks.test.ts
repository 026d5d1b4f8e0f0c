import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { VfsError } from '../../../src/core/error.ts'
import { Changes } from '../../../src/journal/changes.ts'
import { History } from '../../../src/journal/history.ts'
import { changeId } from '../../../src/journal/ids.ts'
import { Ledger } from '../../../src/journal/ledger.ts'
import { Processes } from '../../../src/journal/processes.ts'
import { nameParts, Recovery } from '../../../src/journal/recovery.ts'
import { MIGRATIONS } from '../../../src/journal/schema.ts'
import type { Intent } from '../../../src/journal/types.ts'
import { Committer } from '../../../src/sqlite/committer.ts'
import type { Database } from '../../../src/sqlite/database.ts'
import { openShared } from '../../../src/sqlite/shared.ts'
import { actor, file, hashes, place, serving, temporaryFolder, writing } from '../../support/journal.ts'

let folder: string
let db: Database
let ledger: Ledger
const ME = 1
const OTHER = 2

beforeEach(async () => {
  folder = (await temporaryFolder()).folder
  db = await openShared(join(folder, 'journal.db'), MIGRATIONS)
  db.exec(`insert into process (id, lock, pid) values (${ME}, 'me', ${process.pid}), (${OTHER}, 'other', ${process.pid})`)
  ledger = new Ledger(db)
})
afterEach(async () => {
  db.close()
  await rm(folder, { recursive: true })
})

const moving = (from: string, to: string): Intent => ({ ...writing(to), kind: 'move', from: place(from) })

interface Held {
  readonly places: readonly string[]
  readonly parent: number | undefined
  readonly owner: number
}

interface Beginning {
  readonly path: string
  readonly from: string | undefined
  readonly part: boolean
  /** It holds the folder above instead, which it makes on the way. */
  readonly higher: boolean
  readonly pick: number
  readonly owner: number
}

/** The rule in its plainest form: places overlap if one is the other or lies below it, and one's own line does not count. */
class Model {
  readonly open = new Map<number, Held>()

  lineOf(parent: number | undefined): Set<number> {
    const line = new Set<number>()
    for (let at = parent; at !== undefined; at = this.open.get(at)?.parent) line.add(at)
    return line
  }

  isFree(places: readonly string[], parent: number | undefined): boolean {
    const line = this.lineOf(parent)
    const isHeld = (held: Held): boolean => held.places.some((one) => places.some((other) => within(one, other) || within(other, one)))
    return [...this.open].every(([seq, held]) => line.has(seq) || !isHeld(held))
  }
}

const within = (top: string, path: string): boolean => top === '/' || path === top || path.startsWith(`${top}/`)

test('no two open changes overlap, whatever is begun and ended', () => {
  db.pragma('synchronous = off')
  const anyPath = fc.array(fc.constantFrom('a', 'aa', 'b', 'ä'), { maxLength: 3 }).map((names) => `/${names.join('/')}`)
  const beginning = fc.record({
    path: anyPath,
    from: fc.option(anyPath, { nil: undefined }),
    part: fc.boolean(),
    higher: fc.boolean(),
    pick: fc.nat(),
    owner: fc.constantFrom(ME, OTHER),
  })
  const ending = fc.record({ end: fc.nat() })
  fc.assert(
    fc.property(fc.array(fc.oneof(beginning, beginning, ending), { maxLength: 40 }), (steps) => {
      const model = new Model()
      const end = (seq: number): void => {
        ledger.end(seq, model.open.get(seq)?.owner ?? 0, { state: 'done' })
        model.open.delete(seq)
      }
      const pickOf = (n: number): number | undefined => [...model.open.keys()][n % model.open.size]
      // A whole ends after its parts, as it does in the VFS.
      const ends = (n: number): number | undefined => {
        const seq = pickOf(n)
        return seq !== undefined && [...model.open.values()].every(({ parent }) => parent !== seq) ? seq : undefined
      }
      const begin = (step: Beginning): void => {
        const parent = step.part ? pickOf(step.pick) : undefined
        const owner = model.open.get(parent ?? 0)?.owner ?? step.owner
        const { intent, places } = asked(step)
        const isFree = model.isFree(places, parent)
        const outcome = ledger.begin({ ...intent, parent: parent === undefined ? undefined : changeId(parent) }, owner)
        expect(typeof outcome === 'number' ? 'begun' : model.open.get(outcome.seq)?.owner).toBe(isFree ? 'begun' : blockerOwner(outcome))
        if (typeof outcome === 'number') model.open.set(outcome, { places, parent, owner })
      }
      for (const step of steps) {
        if (!('end' in step)) begin(step)
        else [ends(step.end)].filter((seq) => seq !== undefined).forEach(end)
      }
      for (const seq of [...model.open.keys()].toReversed()) end(seq)
    }),
    { numRuns: 200 },
  )
})

function asked({ path, from, higher }: Beginning): { readonly intent: Intent; readonly places: readonly string[] } {
  const holds = higher ? path.slice(0, path.lastIndexOf('/')) || '/' : undefined
  const intent = from === undefined ? writing(path) : moving(from, path)
  return { intent: { ...intent, holds }, places: [holds ?? path, ...(from === undefined ? [] : [from])] }
}

const blockerOwner = (outcome: number | { readonly owner: number }): number => (typeof outcome === 'number' ? -1 : outcome.owner)

test('a copy does not hold its source, and places of other volumes are other places', () => {
  ledger.begin({ ...writing('/to'), kind: 'copy', from: place('/from') }, ME)
  expect(ledger.begin(writing('/from'), ME)).toBeTypeOf('number')
  expect(ledger.begin({ ...writing('/to'), place: place('/to', 's3:x') }, ME)).toBeTypeOf('number')
})

test('a part shares the lock of what it is a part of, and nobody else does', () => {
  const whole = ledger.begin(writing('/t', { partsOnly: true }), ME)
  const parent = changeId(Number(whole))
  expect(ledger.begin(writing('/t/a'), ME)).toMatchObject({ seq: whole })
  expect(ledger.begin(writing('/t/a', { parent }), ME)).toBeTypeOf('number')
  expect(() => ledger.begin(writing('/t/b', { parent }), OTHER)).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
  ledger.end(Number(whole), ME, { state: 'done' })
  expect(() => ledger.begin(writing('/t/c', { parent }), ME)).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
  expect(() => ledger.begin(writing('/t/c', { parent: 'nonsense' }), ME)).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
})

test('a process that was declared dead cannot begin another effect, nor end or note one that was taken from it', () => {
  const seq = Number(ledger.begin(writing('/f'), OTHER))
  ledger.adopt(seq, OTHER, ME)
  db.exec(`delete from process where id = ${OTHER}`)
  expect(() => ledger.begin(writing('/g'), OTHER)).toThrow('FOREIGN KEY')
  expect(() => ledger.note(seq, OTHER, { after: file('x') })).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
  expect(() => ledger.end(seq, OTHER, { state: 'done' })).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
  expect(() => ledger.mark(seq, OTHER, 'in_doubt')).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
  expect(() => db.exec(`delete from process where id = ${ME}`)).toThrow('FOREIGN KEY')
})

test('a process that was declared dead is told so', async () => {
  const here = changes(20)
  await (await here.begin(writing('/f'))).aborted()
  db.exec(`delete from process where id > ${OTHER}`)
  await expect(here.begin(writing('/f'))).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: false, hint: expect.stringContaining('Restart') })
})

test('a peer that stands still inside a transaction blocks writers, who are told, and not readers', async () => {
  const peer = await openShared(join(folder, 'journal.db'), MIGRATIONS)
  const here = changes(20, 20)
  await (await here.begin(writing('/f'))).aborted()
  peer.exec('begin immediate')
  await expect(here.begin(writing('/f'))).rejects.toMatchObject({ code: 'BUSY', message: expect.stringContaining('another process') })
  expect(new History(db).list({ limit: 9 })).toHaveLength(1)
  peer.exec('commit')
  await (await here.begin(writing('/f'))).aborted()
  peer.close()
})

test('an end that could not be committed is found by recovery, and nobody waits for ever', async () => {
  const here = changes(5000)
  const change = await here.begin({ ...writing('/f', { place: place('/f', 'memory:gone') }) })
  db.exec("create trigger refuse before update on change when new.state = 'done' begin select raise(abort, 'no'); end")
  change.done(file('e'))
  const next = await here.begin({ ...writing('/f', { place: place('/f', 'memory:gone') }) })
  expect(next.id).not.toBe(change.id)
  db.exec('drop trigger refuse')
})

function changes(patienceMs: number, commitPatienceMs = 5000, volumes = serving()): Changes {
  const committer = new Committer(db, commitPatienceMs)
  const processes = new Processes(db, committer, folder)
  const recovery = new Recovery(ledger, committer, processes, { volumes, versions: hashes, takeBack: nameParts(ledger) })
  return new Changes(ledger, committer, processes, recovery, patienceMs)
}

test('who waits too long is told who holds the path', async () => {
  const here = changes(20)
  const holder = await here.begin({ ...writing('/d'), actor: { ...actor, client: 'the holder' } })
  await expect(here.begin(writing('/d/f'))).rejects.toMatchObject({
    code: 'BUSY',
    retryable: true,
    path: '/d/f',
    message: `/d/f is held by change ${holder.id} (the holder, vfs_write, process ${process.pid})`,
    details: { holder: { change: holder.id, client: 'the holder', tool: 'vfs_write', pid: process.pid } },
  })
})

test('a change of another process is waited for as well, and its end is seen', async () => {
  const seq = Number(ledger.begin(writing('/f'), OTHER))
  await expect(changes(20).begin(writing('/f'))).rejects.toMatchObject({ code: 'BUSY' })
  const waiting = changes(5000).begin(writing('/f'))
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  ledger.end(seq, OTHER, { state: 'done' })
  expect((await waiting).id).not.toBe(changeId(seq))
})

test('what waits for an outcome that nobody knows is told so', async () => {
  const here = changes(20)
  const doubtful = await here.begin(writing('/f'))
  await doubtful.inDoubt('the storage did not answer')
  await expect(here.begin(writing('/f'))).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', message: expect.stringContaining(doubtful.id) })
})

test('and when it will be known, where that is a matter of time', async () => {
  class Distant extends MemoryBackend {
    override readonly outlives = (): number => 60_000
  }
  const backend = new Distant()
  const [here, at] = [changes(20, 5000, serving(backend)), place('/f', backend.volume)]
  const doubtful = await here.begin(writing('/f', { place: at, kind: 'mkdir' }))
  await doubtful.inDoubt('the storage did not answer')
  const refused: unknown = await here.begin(writing('/f', { place: at })).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'OUTCOME_UNKNOWN', hint: expect.stringMatching(/^Repeat the call in \d+ s/) })
  expect((refused as VfsError).details['retry_after_ms']).toBeGreaterThan(0)
})

test('a caller that goes stops waiting, and leaves nothing behind', async () => {
  const here = changes(5000)
  const holder = await here.begin(writing('/f'))
  const other = Number(ledger.begin(writing('/g'), OTHER))
  const stop = new AbortController()
  const waiting = [here.begin(writing('/f'), { signal: stop.signal }), here.begin(writing('/g'), { signal: stop.signal })]
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
  stop.abort()
  for (const each of waiting) await expect(each).rejects.toMatchObject({ code: 'CANCELLED' })
  await holder.aborted()
  expect(ledger.isOpen(other)).toBe(true)
  expect(db.get('select count(*) as n from change')).toEqual({ n: 2 })
})

test('callers of one path get it one after another, each once', async () => {
  const here = changes(5000)
  let inside = 0
  const order: number[] = []
  const one = async (i: number): Promise<void> => {
    const change = await here.begin(writing('/f'))
    expect(++inside).toBe(1)
    order.push(i)
    await new Promise((resolve) => setImmediate(resolve))
    inside--
    change.done(file(`e${i}`))
  }
  await Promise.all(Array.from({ length: 30 }, (_, i) => one(i)))
  await here.settled()
  expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i))
  expect(db.get('select count(*) as n from change where owner is not null')).toEqual({ n: 0 })
})

test('what must go on a full disk goes a little at a time', () => {
  for (let i = 0; i < 4; i++) ledger.note(Number(ledger.begin(writing(`/${i}`), ME)), ME, { kept: { in: 'journal', cid: `c${i}` }, content: Buffer.alloc(10) })
  expect(ledger.purge(15)).toBe(20)
  expect(db.all('select cid from version')).toEqual([{ cid: 'c2' }, { cid: 'c3' }])
})
