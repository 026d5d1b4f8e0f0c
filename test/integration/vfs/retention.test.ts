import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Backend, Bytes } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { VfsError } from '../../../src/core/error.ts'
import { ROOT, vfsPath as p } from '../../../src/core/path.ts'
import { sweepVersions } from '../../../src/journal/retention.ts'
import { MIGRATIONS } from '../../../src/journal/schema.ts'
import type { OpenChange } from '../../../src/journal/types.ts'
import { Committer } from '../../../src/sqlite/committer.ts'
import { openShared } from '../../../src/sqlite/shared.ts'
import { forward, forwardTrash } from '../../../src/layers/forward.ts'
import { letGo } from '../../../src/vfs/retention.ts'
import { stubborn } from '../../support/stubborn.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'
import { site } from '../local/site.ts'

const NOTHING = { changes: 0, bytes: 0, unreachable: 0 }
const MEDIUM = 100_000 // kept in the content store
const LARGE = 17 << 20 // kept in the trash

/** A time after all that has been and before all that comes. */
async function now(): Promise<Date> {
  const time = Date.now() + 1
  while (Date.now() < time) await new Promise((resolve) => setImmediate(resolve))
  return new Date(time)
}

const inTrash = async ({ trash }: Backend): Promise<number> =>
  (await Array.fromAsync(trash!.contents.list(ROOT))).filter(({ name }) => name !== '.gitignore').length

const go = ({ journal, table }: TestVfs, options = {}) => letGo(journal, table, options)

const undo = async ({ vfs }: TestVfs, change: string | null) => (await vfs.undo({ change: change! }, call)).conflicts

const ON = [
  ['memory', async () => new MemoryBackend()],
  ['disk', async () => (await site()).backend],
] as const

describe.each(ON)('what is kept on %s', (_, make) => {
  test('of changes before a time goes, and of later ones stays', async () => {
    const backend = await make()
    await using t = await openTestVfs({ '/w': backend })
    for (const name of ['old', 'new', 'small', 'medium']) await t.write(`/w/d-${name}/f`, name === 'medium' ? 'm'.repeat(MEDIUM) : 'before', { parents: true })
    const old = await t.vfs.remove(p('/w/d-old'), { ...call, recursive: true })
    const small = await t.write('/w/d-small/f', 'after')
    const medium = await t.write('/w/d-medium/f', 'after')
    const before = await now()
    const later = await t.vfs.remove(p('/w/d-new/f'), call)

    const foreseen = await go(t, { before, dryRun: true })
    expect(foreseen).toEqual({ changes: 3, bytes: 'before'.length + MEDIUM, unreachable: 0 })
    expect([await inTrash(backend), [...t.journal.kept()].length]).toEqual([2, 1])
    expect(await go(t, { before })).toEqual(foreseen)
    expect([await inTrash(backend), [...t.journal.kept()].length]).toEqual([1, 0])
    expect(await go(t, { before })).toEqual(NOTHING)

    for (const { change } of [old, small, medium]) expect(await undo(t, change)).toMatchObject([{ change, reason: 'what it replaced is not kept' }])
    await expect(t.vfs.version(p('/w/d-small/f'), small.change!, { ...call, replaced: true })).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' })
    expect(await t.vfs.history(p('/w/d-old'), { ...call, limit: 5 })).toHaveLength(2)
    expect(await undo(t, later.change)).toEqual([])
    expect(await t.text('/w/d-new/f')).toBe('before')
  })

  test('of what took no effect goes without being told a time, and of nothing else', async () => {
    const backend = await make()
    const replaced = async (): Promise<boolean> => (await backend.stat(p('/d/a'))).size < LARGE
    await using t = await openTestVfs({ '/w': backend, '/from': new DyingOn('/d/z', replaced) })
    await t.vfs.write(p('/w/d/a'), new Uint8Array(LARGE), { ...call, parents: true })
    await t.write('/w/gone', 'removed')
    const removed = await t.vfs.remove(p('/w/gone'), call)
    await t.write('/from/d/a', 'small', { parents: true })
    await t.write('/from/d/z', 'dies')
    await expect(t.vfs.copy(p('/from/d'), p('/w/d'), { ...call, overwrite: true })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect((await t.vfs.stat(p('/w/d/a'), call)).size).toBe(LARGE)
    expect(await inTrash(backend)).toBe(2)
    expect(await go(t)).toMatchObject({ changes: 2, bytes: LARGE + 'small'.length, unreachable: 0 })
    expect(await inTrash(backend)).toBe(1)
    expect(await undo(t, removed.change)).toEqual([])
    expect(await t.text('/w/gone')).toBe('removed')
  })
})

test('what is of a storage that is not mounted here stays, and is counted', async () => {
  const backend = new MemoryBackend()
  await using t = await openTestVfs({ '/m': backend })
  await t.write('/m/f', 'kept')
  const { change } = await t.vfs.remove(p('/m/f'), call)
  const before = await now()
  const { path, name } = t.table.remove(p('/m'), false)
  expect(await go(t, { before })).toEqual({ changes: 0, bytes: 0, unreachable: 1 })
  t.table.add({ path, name, backend })
  expect(await undo(t, change)).toEqual([])
  expect(await t.text('/m/f')).toBe('kept')
})

test('what is being taken back, or is a part of what has not ended, stays', async () => {
  await using t = await openTestVfs({ '/m': {} })
  await t.write('/m/f', 'one')
  const { change } = await t.write('/m/f', 'two')
  const { place } = t.journal.get(change!)!
  const undoing = await t.journal.begin({ kind: 'undo', place, actor: call.actor, before: null, undoes: change! })
  expect(await go(t, { before: await now() })).toEqual(NOTHING)
  await undoing.aborted()
  const whole = await t.journal.begin({ kind: 'mirror', place, actor: call.actor, before: null, partsOnly: true })
  const kept = { in: 'content', cid: 'bafkpart' } as const
  const part = await t.journal.begin({ kind: 'write', place, actor: call.actor, before: null, parent: whole.id, kept })
  part.done(null)
  await t.journal.caughtUp()
  expect(await go(t, { before: await now() })).toMatchObject({ changes: 1 })
  expect([...t.journal.kept()]).toEqual(['bafkpart'])
  whole.done(null)
  await t.journal.caughtUp()
  expect(await go(t, { before: await now() })).toMatchObject({ changes: 1 })
})

test('an undo that was planned before its contents went changes nothing, and says why', async () => {
  const inner = new MemoryBackend()
  const { contents } = inner.trash
  let after: (() => Promise<unknown>) | undefined
  const stat: typeof contents.stat = async (...args) => {
    const found = await contents.stat(...args)
    await after?.()
    return found
  }
  const trash = forwardTrash(inner.trash, () => ({ contents: { ...contents, stat, read: contents.read.bind(contents), list: contents.list.bind(contents) } }))
  await using t = await openTestVfs({ '/m': forward(inner, { trash }) })
  await t.write('/m/a', 'a')
  const { change } = await t.vfs.remove(p('/m/a'), call)
  const time = await now()
  after = () => go(t, { before: time })
  await expect(t.vfs.undo({ change: change! }, call)).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND', message: expect.stringContaining('kept no longer') })
  after = undefined
  expect(await t.names('/m')).toEqual([])
  expect(await undo(t, change)).toMatchObject([{ reason: 'what it replaced is not kept' }])
})

test('small contents are forgotten once no change names them', async () => {
  await using t = await openTestVfs({ '/m': {} })
  const contents = async (path: string): Promise<string> => {
    await t.write(path, 'the same')
    const { change } = await t.write(path, 'another')
    const { kept } = t.journal.get(change!)!
    return kept !== null && 'cid' in kept ? kept.cid : ''
  }
  const cid = await contents('/m/a')
  const first = await now()
  expect(await contents('/m/b')).toBe(cid)
  await go(t, { before: first })
  await t.journal.trim()
  expect(t.journal.content(cid)).toBeDefined()
  await go(t, { before: await now() })
  await t.journal.trim()
  expect(t.journal.content(cid)).toBeUndefined()
})

test('a small content that another gateway comes to name while they are swept stays', async () => {
  await using t = await openTestVfs({ '/m': {} })
  await t.write('/m/a', 'kept')
  const { change } = await t.write('/m/a', 'other')
  const record = t.journal.get(change!)!
  await go(t, { before: await now() })
  const db = await openShared(join(t.folder, 'journal.db'), MIGRATIONS)
  const committer = new Committer(db)
  const kept = { in: 'journal', cid: rawCid(Buffer.from('kept')) } as const
  const naming = (): Promise<OpenChange> =>
    t.journal.begin({ kind: 'write', place: record.place, actor: call.actor, before: null, kept, content: Buffer.from('kept') })
  let named: OpenChange | undefined
  const late: Pick<Committer, 'run'> = { run: async (work, options) => ((named = await naming()), committer.run(work, options)) }
  await sweepVersions(db, late)
  expect(t.journal.content(kept.cid)).toBeDefined()
  await named?.aborted()
  await sweepVersions(db, committer)
  expect(t.journal.content(kept.cid)).toBeUndefined()
  db.close()
})

/** A memory that fails to read one file, once something is true. */
class DyingOn extends MemoryBackend {
  readonly #path: string
  readonly #when: () => Promise<boolean>

  constructor(path: string, when: () => Promise<boolean>) {
    super()
    this.#path = path
    this.#when = when
  }

  override read(...[path, range]: Parameters<MemoryBackend['read']>): Bytes {
    return path === this.#path ? failing(this.#when) : super.read(path, range)
  }
}

async function* failing(when: () => Promise<boolean>): Bytes {
  yield* bytesOf('di')
  while (!(await when())) await new Promise((resolve) => setImmediate(resolve))
  throw new VfsError('UNAVAILABLE', 'the line went dead')
}

test('what an undo that failed has taken away again stays as long as its removal can be undone, and goes with it', async () => {
  const { backend, refused } = stubborn()
  await using t = await openTestVfs({ '/m': backend })
  for (const name of ['a', 'b']) await t.write(`/m/${name}`, name)
  const since = await now()
  for (const name of ['a', 'b']) await t.vfs.remove(p(`/m/${name}`), call)
  refused.add('/a')
  await expect(t.vfs.undo({ path: p('/m'), since }, call)).rejects.toMatchObject({ code: 'IO_ERROR' })
  refused.clear()
  expect(await go(t)).toEqual(NOTHING)
  expect(await inTrash(backend)).toBe(2)
  expect(await t.vfs.undo({ path: p('/m'), since, dryRun: true }, call)).toMatchObject({ undone: [{ path: '/m/b' }, { path: '/m/a' }], conflicts: [] })
  await go(t, { before: await now() })
  expect(await inTrash(backend)).toBe(0)
})
