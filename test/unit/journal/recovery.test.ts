import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Backend } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { VfsError } from '../../../src/core/error.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { changeId, seqOf } from '../../../src/journal/ids.ts'
import { Ledger } from '../../../src/journal/ledger.ts'
import { MIGRATIONS } from '../../../src/journal/schema.ts'
import type { Intent, Journal, Volumes } from '../../../src/journal/types.ts'
import type { Database } from '../../../src/sqlite/database.ts'
import { Hold } from '../../../src/sqlite/hold.ts'
import { openShared } from '../../../src/sqlite/shared.ts'
import { actor, file, open, serving, temporaryFolder } from '../../support/journal.ts'

/** A storage that stays when a process dies, unlike the memory that it really is. */
class Lasting extends MemoryBackend {
  override readonly volume = 's3:lasting'
  override outlives: Backend['outlives'] = undefined
  override stop: Backend['stop'] = undefined
}

const DEAD = 7
let folder: string
let db: Database
let ledger: Ledger
let backend: Lasting
let journal: Journal
let volumes: Volumes

beforeEach(async () => {
  folder = (await temporaryFolder()).folder
  db = await openShared(join(folder, 'journal.db'), MIGRATIONS)
  ledger = new Ledger(db)
  await mkdir(join(folder, 'run'))
  dies(DEAD)
  backend = new Lasting()
  volumes = serving(backend)
  journal = await open(folder, { volumes: { resolve: (volume, inner) => volumes.resolve(volume, inner) } })
})
afterEach(async () => {
  await journal[Symbol.asyncDispose]()
  db.close()
  await rm(folder, { recursive: true })
})

/** Leaves behind what a killed process does: its row, and a lock file that nobody holds. */
function dies(id: number): void {
  db.run('insert into process (id, lock, pid) values (?, ?, ?)', id, `dead${id}`, 2 ** 22)
  Hold.try(join(folder, 'run'), `dead${id}`)?.release()
}

const at = (inner: string, volume = 's3:lasting') => ({ volume, inner, shown: vfsPath(inner) })
const left = (kind: Intent['kind'], inner: string, rest: Partial<Intent> = {}): string =>
  changeId(Number(ledger.begin({ kind, place: at(inner), actor, before: null, ...rest }, DEAD)))
const put = (path: string, text: string) => backend.write(vfsPath(path), bytesOf(Buffer.from(text)))
const settled = async (id: string) => {
  await journal.recover()
  return journal.get(id)
}

test('what was in the memory of a dead process is aborted', async () => {
  const id = left('write', '/f', { place: at('/f', 'memory:gone') })
  expect(await settled(id)).toMatchObject({ state: 'aborted', reason: expect.stringContaining('in the memory') })
})

test('while the storage does not answer, the change stays open and its path locked; then it is settled', async () => {
  const stat = await put('/f', 'new')
  const id = left('write', '/f', { after: { kind: 'file', size: 3, cid: rawCid(Buffer.from('new')) } })
  backend.stat = () => Promise.reject(new VfsError('UNAVAILABLE', 'no answer'))
  expect(await settled(id)).toMatchObject({ state: 'open' })
  Reflect.deleteProperty(backend, 'stat')
  expect(await settled(id)).toMatchObject({ state: 'done', after: { etag: stat.etag, cid: rawCid(Buffer.from('new')) } })
})

test('a mistake of ours is not hidden as a storage that does not answer', async () => {
  left('write', '/f')
  backend.stat = () => Promise.reject(new TypeError('not a function'))
  await expect(journal.recover()).rejects.toThrow('not a function')
})

test('what the storage itself still works on is stopped before it is looked at', async () => {
  const before = await put('/f', 'before')
  const id = left('write', '/f', { before: file(before.etag, before.size), after: { kind: 'file', size: 5, cid: rawCid(Buffer.from('after')) } })
  backend.stop = async (path) => void (await put(path, 'after')) // it had got so far
  expect(await settled(id)).toMatchObject({ state: 'done' })
})

test('while it goes on, though it was stopped, nobody can tell how a change ended', async () => {
  const id = left('write', '/f')
  backend.stop = () => Promise.reject(new VfsError('OUTCOME_UNKNOWN', 'it goes on'))
  expect(await settled(id)).toMatchObject({ state: 'in_doubt', reason: 'it goes on' })
  backend.stop = undefined
  expect(await settled(id)).toMatchObject({ state: 'aborted' })
})

test('what was to come back from under a later removal lies there, and nothing has taken effect', async () => {
  await put('/f', 'x')
  await backend.trash.put(vfsPath('/f'), 'later')
  const id = left('undo', '/f', { undoes: left('remove', '/elsewhere') })
  ledger.note(seqOf(id)!, DEAD, { aside: 'later' })
  expect(await settled(id)).toMatchObject({ state: 'aborted' })
})

test.each([
  ['what came back by a copy that has another etag, and lies aside still, goes again', 'content', []],
  ['what somebody else wrote in its place stays', 'another', ['f']],
] as const)('%s: nothing has taken effect', async (_, standing, names) => {
  await put('/f', 'content')
  const removal = left('remove', '/elsewhere')
  const { etag } = await backend.trash.put(vfsPath('/f'), removal)
  expect((await put('/f', standing)).etag).not.toBe(etag)
  const id = left('undo', '/f', { undoes: removal })
  expect(await settled(id)).toMatchObject({ state: 'aborted' })
  expect((await Array.fromAsync(backend.list(vfsPath('/')))).map(({ name }) => name)).toEqual(names)
})

test('a change of our own whose outcome was in doubt is looked at again', async () => {
  const mine = await journal.begin({ kind: 'mkdir', place: at('/d'), actor, before: null })
  await mine.inDoubt('the storage did not answer')
  expect(journal.get(mine.id)).toMatchObject({ state: 'in_doubt', reason: 'the storage did not answer' })
  await backend.mkdir(vfsPath('/d'))
  const next = await journal.begin({ kind: 'write', place: at('/d/f'), actor, before: null })
  expect(journal.get(mine.id)).toMatchObject({ state: 'done' })
  await next.inDoubt('again no answer')
  expect((await journal.recover()).map(({ change, state }) => [change, state])).toEqual([[next.id, 'aborted']])
})

describe('where what a dead process asked for may still come', () => {
  const MINUTE = 60_000
  const seq = (id: string): number => Number(seqOf(id))
  /** Its deadline comes nearer. */
  const passes = (id: string, ms: number): number => db.run('update change set left_at = left_at - ? where seq = ?', ms, seq(id))
  const leftAt = (id: string): number => Number(ledger.row(seq(id))?.left_at)
  const writing = (text: string, rest: Partial<Intent> = {}): string =>
    left('write', '/f', { after: { kind: 'file', size: text.length, cid: rawCid(Buffer.from(text)) }, ...rest })

  beforeEach(() => void (backend.outlives = () => MINUTE))

  test('a write is in doubt until its deadline, and aborted then', async () => {
    const before = await put('/f', 'before')
    const id = writing('after', { before: file(before.etag, before.size) })
    expect(await settled(id)).toMatchObject({ state: 'in_doubt', reason: expect.stringContaining('may still take effect') })
    passes(id, MINUTE - 1000)
    expect(await settled(id)).toMatchObject({ state: 'in_doubt' })
    passes(id, 1000)
    expect(await settled(id)).toMatchObject({ state: 'aborted' })
  })

  test('a write that comes meanwhile is done', async () => {
    const id = writing('after')
    expect(await settled(id)).toMatchObject({ state: 'in_doubt' })
    await put('/f', 'after')
    expect(await settled(id)).toMatchObject({ state: 'done', after: { size: 5 } })
  })

  test('a change of our own that is in doubt waits as long', async () => {
    const mine = await journal.begin({ kind: 'mkdir', place: at('/d'), actor, before: null })
    await mine.inDoubt('the storage did not answer')
    expect(await settled(mine.id)).toMatchObject({ state: 'in_doubt' })
    passes(mine.id, MINUTE)
    expect(await settled(mine.id)).toMatchObject({ state: 'aborted' })
  })

  test('a stream that had not ended had asked for nothing', async () => {
    expect(await settled(left('write', '/f'))).toMatchObject({ state: 'aborted' })
  })

  test('a half removal is taken back only when its other half can come no more', async () => {
    const before = await put('/f', 'the only one')
    const id = left('remove', '/f', { before: file(before.etag, before.size), kept: { in: 'trash', etag: before.etag } })
    await backend.trash.keep(vfsPath('/f'), id)
    expect(await settled(id)).toMatchObject({ state: 'in_doubt' })
    await backend.remove(vfsPath('/f')) // it comes
    passes(id, MINUTE)
    expect(await settled(id)).toMatchObject({ state: 'done' })
    expect(await backend.trash.contents.stat(vfsPath(`/${id}`))).toMatchObject({ size: before.size })
  })

  test.each<[Intent['kind'], Partial<Intent>]>([
    ['mkdir', {}],
    ['copy', { after: { kind: 'file', size: 1 } }],
    ['remove', { before: file('e') }],
    ['move', { from: at('/f') }],
    ['undo', {}],
  ])('a %s waits too', async (kind, rest) => {
    await put('/f', 'x')
    const { etag } = await backend.stat(vfsPath('/f'))
    const place = kind === 'remove' ? at('/f') : at('/new')
    const removal = kind === 'undo' ? left('remove', '/gone') : undefined
    const id = left(kind, place.inner, { ...rest, ...(rest.before && { before: file(etag) }), undoes: removal })
    expect(await settled(id)).toMatchObject({ state: 'in_doubt' })
    passes(id, MINUTE)
    expect((await settled(id))?.state).toBe(kind === 'undo' ? 'conflict' : 'aborted')
  })

  test('a whole of such a part waits for it', async () => {
    const parent = left('copy', '/t', { partsOnly: true })
    const part = left('mkdir', '/t', { parent })
    expect(await settled(parent)).toMatchObject({ state: 'in_doubt' })
    passes(part, MINUTE)
    expect(await settled(parent)).toMatchObject({ state: 'aborted' })
  })

  test('a larger content may take longer', async () => {
    backend.outlives = (size) => size * MINUTE
    const id = writing('x', { after: { kind: 'file', size: 2 } })
    await settled(id)
    passes(id, MINUTE)
    expect(await settled(id)).toMatchObject({ state: 'in_doubt' })
  })

  test('a clock that is set back makes nobody wait for longer than that', async () => {
    const id = writing('after')
    await settled(id)
    passes(id, -1000 * MINUTE)
    await settled(id)
    expect(leftAt(id)).toBeLessThanOrEqual(Date.now())
  })

  test('whoever takes it over goes on with the same time', async () => {
    const id = writing('after')
    await settled(id)
    const since = leftAt(id)
    await journal[Symbol.asyncDispose]()
    journal = await open(folder, { volumes: serving(backend) })
    expect(await settled(id)).toMatchObject({ state: 'in_doubt' })
    expect(leftAt(id)).toBe(since)
  })

  test('the outcome is found without anybody asking, and at the deadline at the latest', async () => {
    const [coming, lost] = [writing('after'), left('mkdir', '/d')]
    await settled(coming)
    await put('/f', 'after')
    await vi.waitFor(() => expect(journal.get(coming)).toMatchObject({ state: 'done' }), 10_000)
    expect(journal.get(lost)).toMatchObject({ state: 'in_doubt' })
    passes(lost, MINUTE)
    await vi.waitFor(() => expect(journal.get(lost)).toMatchObject({ state: 'aborted' }), 10_000)
  })
})

test('a whole waits for its parts', async () => {
  const parent = left('copy', '/t', { partsOnly: true })
  const part = left('mkdir', '/t', { parent, place: at('/t', 's3:elsewhere') })
  expect(await settled(parent)).toMatchObject({ state: 'open' })
  volumes = { resolve: (_, inner) => serving(backend).resolve(backend.volume, inner) }
  expect(await settled(parent)).toMatchObject({ state: 'aborted' })
  expect(journal.get(part)).toMatchObject({ state: 'aborted' })
})

test('a whole with an unclear part is partial, and names it', async () => {
  const parent = left('copy', '/t', { partsOnly: true })
  left('mkdir', '/t', { parent })
  await put('/t', 'a file of others')
  expect(await settled(parent)).toMatchObject({ state: 'partial', reason: expect.stringMatching(/unclear: mkdir \/t c/) })
})

test('a reason does not grow with the number of parts', async () => {
  const parent = left('mirror', '/t', { partsOnly: true })
  for (let i = 0; i < 30; i++) {
    const part = Number(ledger.begin({ kind: 'mkdir', place: at(`/t/${i}`), actor, before: null, parent }, DEAD))
    ledger.end(part, DEAD, { state: 'done', after: file('e') })
  }
  expect((await settled(parent))?.reason).toMatch(/mkdir \/t\/19 c\w+ and 10 more/)
})

test('of a folder that was being removed for good some may be gone, and it says so', async () => {
  await backend.mkdir(vfsPath('/d'))
  const id = left('remove', '/d', { before: { kind: 'directory', etag: 'x', size: 0 } })
  expect(await settled(id)).toMatchObject({ state: 'partial', reason: expect.stringContaining('for good') })
})

test.each<[string, Intent['kind'], Partial<Intent>, string]>([
  ['a move whose source is not known', 'move', {}, 'where it came from'],
  ['a move that stands nowhere', 'move', { from: at('/gone') }, 'neither where it was'],
  ['something from the trash that stands nowhere', 'undo', {}, 'neither in the trash'],
  ['a write whose path is gone', 'write', { before: file('e') }, 'neither what it was'],
])('%s is a conflict', async (_, kind, rest, reason) => {
  expect(await settled(left(kind, '/f', rest))).toMatchObject({ state: 'conflict', reason: expect.stringContaining(reason) })
})

test('a folder half moved, onto which others wrote, is a conflict', async () => {
  for (const path of ['/a', '/b']) await backend.mkdir(vfsPath(path))
  await put('/b/f', 'by others')
  expect(await settled(left('move', '/b', { from: at('/a') }))).toMatchObject({ state: 'conflict' })
  await backend.remove(vfsPath('/b/f'))
  dies(DEAD)
  expect(await settled(left('move', '/b', { from: at('/a') }))).toMatchObject({ state: 'aborted' })
  await expect(backend.stat(vfsPath('/b'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('what comes in the moment when the rest of it is discarded is done', async () => {
  const id = left('write', '/f', { after: { kind: 'file', size: 5, cid: rawCid(Buffer.from('after')) } })
  backend.discard = async () => (await put('/f', 'after')).size > 0
  expect(await settled(id)).toMatchObject({ state: 'done' })
})

test.each<[string, Partial<Intent>]>([
  ['and was noted', { kept: { in: 'trash', etag: 'e' } }],
  ['and was not noted yet', {}],
])('what was kept for a write that took no effect %s is kept no longer', async (_, rest) => {
  const { etag, size } = await put('/f', 'old')
  const id = left('write', '/f', { before: file(etag, size), ...rest })
  await backend.trash.keep(vfsPath('/f'), id)
  expect(await settled(id)).toMatchObject({ state: 'aborted' })
  await expect(backend.trash.contents.stat(vfsPath(`/${id}`))).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a content is known again by its hash where its etag has moved', async () => {
  await put('/f', 'old')
  const id = left('write', '/f', { before: file('another form', 3, rawCid(Buffer.from('old'))) })
  expect(await settled(id)).toMatchObject({ state: 'aborted' })
})

test('a process that only looks leaves no trace, and forgets the dead who left nothing open', async () => {
  expect(await journal.recover()).toEqual([])
  expect(existsSync(join(folder, 'run', `dead${DEAD}.lock`))).toBe(false)
  const reader = await open(folder)
  expect(await reader.recover()).toEqual([])
  await reader[Symbol.asyncDispose]()
  expect(await readdir(join(folder, 'run'))).toHaveLength(1) // the first one's, which had somebody to judge
})

test('a process that could not register is not stuck: its next change tries again', async () => {
  db.exec("create trigger refuse before insert on process begin select raise(abort, 'not now'); end")
  await expect(journal.begin({ kind: 'mkdir', place: at('/d'), actor, before: null })).rejects.toMatchObject({ code: 'INTERNAL' })
  expect(await readdir(join(folder, 'run'))).toEqual([`dead${DEAD}.lock`])
  db.exec('drop trigger refuse')
  const change = await journal.begin({ kind: 'mkdir', place: at('/d'), actor, before: null })
  await change.aborted()
})

test('what an older version was bringing back from under a later removal is found there', async () => {
  const older = (await temporaryFolder()).folder
  const old = await openShared(join(older, 'journal.db'), MIGRATIONS.slice(0, 5))
  old.exec(`insert into process (id, lock, pid) values (1, 'gone', ${2 ** 22}); insert into volume (id, name) values (1, '${backend.volume}');
    insert into actor (id, client, version, session, tool) values (1, 'c', '', '', '');
    insert into change (seq, kind, state, volume, path, held, shown, root, parts_only, actor, at, owner, undoes, staging) values
      (40000000, 'remove', 'done', 1, '/f', '/f', '/f', 40000000, 0, 1, 0, null, null, null),
      (40000001, 'undo', 'open', 1, '/f', '/f', '/f', 40000001, 0, 1, 0, 1, 40000000, 'later'),
      (40000002, 'write', 'open', 1, '/g', '/g', '/g', 40000002, 0, 1, 0, 1, null, 'part')`)
  old.close()
  await put('/f', 'x')
  await backend.trash.put(vfsPath('/f'), 'later')
  const upgraded = await open(older, { volumes })
  await upgraded.recover()
  expect(upgraded.get(changeId(40_000_001))).toMatchObject({ state: 'aborted' })
  await upgraded[Symbol.asyncDispose]()
  const now = await openShared(join(older, 'journal.db'), MIGRATIONS)
  expect(now.all('select seq - 40000000 as nth, staging, aside from change order by seq')).toEqual([
    { nth: 0, staging: null, aside: null },
    { nth: 1, staging: null, aside: 'later' },
    { nth: 2, staging: 'part', aside: null },
  ])
  now.close()
  await rm(older, { recursive: true })
})

test('what an older version left open in its journal is settled', async () => {
  const older = (await temporaryFolder()).folder
  const old = await openShared(join(older, 'journal.db'), MIGRATIONS.slice(0, 3))
  old.exec(`insert into process (id, lock, pid) values (1, 'gone', ${2 ** 22}); insert into volume (id, name) values (1, 's3:lasting');
    insert into actor (id, client, version, session, tool) values (1, 'c', '', '', '');
    insert into change (seq, kind, state, volume, path, held, shown, root, parts_only, actor, at, owner)
      values (40000000, 'mkdir', 'open', 1, '/d', '/d', '/d', 40000000, 0, 1, 0, 1)`)
  old.close()
  backend.outlives = () => 60_000
  const upgraded = await open(older, { volumes })
  await upgraded.recover()
  expect(upgraded.get(changeId(40_000_000))).toMatchObject({ state: 'in_doubt' })
  await upgraded[Symbol.asyncDispose]()
  await rm(older, { recursive: true })
})
