import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MfsBackend } from '../../../backends/mfs/mfs.ts'
import { vfsPath } from '../../../src/core/path.ts'
import type { ChangeRecord, Journal, Place, TakeBack } from '../../../src/journal/types.ts'
import { Child } from '../../support/children.ts'
import { openNode } from '../../support/content.ts'
import { actor, open, serving, temporaryFolder } from '../../support/journal.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'

let top: string
let root: string
let data: string
const cleanup: (() => PromiseLike<unknown>)[] = []

beforeEach(async () => {
  top = (await temporaryFolder()).folder
  root = join(top, 'served')
  data = join(top, 'data')
  await mkdir(root)
  await mkdir(data)
})
afterEach(async () => {
  for (const each of cleanup.splice(0).toReversed()) await each()
  await rm(top, { recursive: true, force: true })
})

/** A process that stands still at the moment of every `<storage>/<scenario>@<moment>`, and the moments that each of them came by. */
async function reach(...wanted: string[]): Promise<{ readonly child: Child; readonly passed: ReadonlyMap<string, readonly string[]> }> {
  const child = new Child(new URL('dying.ts', import.meta.url), data, root, ...wanted)
  cleanup.push(() => child.kill())
  const passed = new Map<string, string[]>(wanted.map((each) => [each, []]))
  for (const waiting = new Set(wanted); waiting.size > 0;) {
    const [each = '', moment = ''] = (await child.line()).split(' ')
    passed.get(each)?.push(moment)
    if (each.endsWith(`@${moment}`)) waiting.delete(each)
  }
  return { child, passed }
}

async function survivor(takeBack?: TakeBack): Promise<{ readonly journal: Journal; readonly backend: LocalBackend }> {
  const backend = new LocalBackend({ root, dataFolder: data })
  const journal = await open(data, { volumes: serving(backend), ...(takeBack && { takeBack }) })
  cleanup.push(
    () => backend[Symbol.asyncDispose](),
    () => journal[Symbol.asyncDispose](),
  )
  return { journal, backend }
}

const placeIn = async (backend: LocalBackend, path: string): Promise<Place> => ({
  volume: backend.volume,
  inner: await backend.locate(vfsPath(path)),
  shown: vfsPath(path),
})

const beginning = async (journal: Journal, backend: LocalBackend, path: string) =>
  journal.begin({ kind: 'write', place: await placeIn(backend, path), actor, before: null })

const text = (path: string): Promise<string> => readFile(join(root, path), 'utf8')

const isOf =
  (each: string) =>
  ({ place: { shown }, actor: { session } }: ChangeRecord): boolean =>
    shown.startsWith(`/${each}/`) && session === call.actor.session

/** What that scenario's process changed, the newest. */
function changeOf(journal: Journal, each: string): ChangeRecord {
  const change = journal.history({ limit: 1e4 }).find(isOf(each))
  if (!change) throw new Error(`${each} has begun no change`)
  return change
}

describe('a change whose process was killed', () => {
  interface Expected {
    /** How it has ended when it died at each of the moments that it comes by. */
    readonly ends: Readonly<Record<string, string>>
    readonly stood?: Readonly<Record<string, string>>
    /** What stands there if it is done. */
    readonly now?: Readonly<Record<string, string>>
    readonly undone?: false
  }

  const ends = (aborted: string, done = ''): Expected['ends'] =>
    Object.fromEntries([
      ...aborted.split(' ').map((moment) => [moment, 'aborted']),
      ...`${done} answered`
        .trim()
        .split(' ')
        .map((moment) => [moment, 'done']),
    ])
  const REPLACING = ends('before-write staged', 'after-write')
  const STREAMING = ends('before-write staged noted', 'after-write')
  const TRASHING = ends('before-put', 'after-put')
  const RENAMING = ends('before-rename', 'after-rename')
  const PARENTS = ends('before-mkdir after-mkdir before-mkdir-2 after-mkdir-2 before-write staged', 'after-write')

  const f = { '/f': 'old' }
  const d = { '/d': '', '/d/inside': 'kept' }
  const OLD = { ...d, ...f }
  const long = (letters: string, size: number): string => `${letters} ${size}`

  const ON_ALL: Readonly<Record<string, Expected>> = {
    create: { ends: REPLACING, now: { ...OLD, '/new': 'new' } },
    overwrite: { ends: REPLACING, now: { ...d, '/f': 'new' } },
    append: { ends: STREAMING, now: { ...d, '/f': 'oldnew' } },
    stream: { ends: STREAMING, now: { ...d, '/f': long('nnnnnnnnn', 100_000) } },
    large: { ends: REPLACING, stood: { ...d, '/f': long('lllllllll', 100_000) }, now: { ...d, '/f': 'new' } },
    parents: { ends: PARENTS, now: { ...OLD, '/x': '', '/x/y': '', '/x/y/f': 'new' } },
    mkdir: { ends: ends('before-mkdir', 'after-mkdir'), now: { ...OLD, '/made': '' } },
    remove: { ends: TRASHING, now: d },
    removeFolder: { ends: TRASHING, now: f },
    erase: { ends: ends('before-remove', 'after-remove'), now: d, undone: false },
    move: { ends: RENAMING, now: { ...d, '/moved': 'old' } },
    moveFolder: { ends: RENAMING, now: { ...f, '/moved': '', '/moved/inside': 'kept' } },
    back: { ends: ends('before-back after-back'), stood: d, now: OLD, undone: false },
  }
  const EXPECTED: Readonly<Record<string, Readonly<Record<string, Expected>>>> = {
    local: {
      ...ON_ALL,
      huge: {
        ends: ends('before-keep after-keep before-write staged', 'after-write'),
        stood: { ...d, '/f': long('old\0\0\0\0\0\0', 17 << 20) },
        now: { ...d, '/f': 'new' },
      },
      eraseFolder: { ends: { 'before-remove': 'partial', 'after-remove': 'done', answered: 'done' }, now: f, undone: false },
      halfMove: { ends: { 'before-rename': 'aborted', 'after-rename': 'aborted' } },
      copy: { ends: ends('before-copy', 'after-copy'), now: { ...OLD, '/copied': 'old' } },
      copyOver: { ends: REPLACING, now: { ...f, '/d': '', '/d/inside': 'old' } },
      mirror: { ends: ends('before-mkdir after-mkdir before-write staged after-write'), now: { ...OLD, '/t': '', '/t/inside': 'kept' } },
    },
    mfs: {
      ...ON_ALL,
      copy: { ends: ends('before-graft', 'after-graft'), now: { ...OLD, '/copied': 'old' } },
      graft: { ends: ends('before-graft', 'after-graft'), now: { ...f, '/d': 'old' } },
    },
  }
  const expected = Object.entries(EXPECTED).flatMap(([storage, scenarios]) =>
    Object.entries(scenarios).flatMap(([name, it]) => Object.keys(it.ends).map((moment) => ({ each: `${storage}/${name}@${moment}`, moment, ...it }))),
  )

  /** The next gateway, over the same storages. */
  async function nextGateway(): Promise<TestVfs> {
    const { node, ...opened } = await openNode(data)
    const it = await openTestVfs({ '/local': new LocalBackend({ root, dataFolder: data }), '/mfs': new MfsBackend(node) }, { folder: data })
    cleanup.push(
      () => opened[Symbol.asyncDispose](),
      () => it[Symbol.asyncDispose](),
    )
    return it
  }

  async function tree({ vfs, text: textOf }: TestVfs, folder: string): Promise<Record<string, string>> {
    const found: Record<string, string> = {}
    for await (const { path, kind } of vfs.walk(vfsPath(folder), call)) found[path.slice(folder.length)] = kind === 'file' ? shown(await textOf(path)) : ''
    return found
  }

  const shown = (content: string): string => (content.length > 9 ? long(content.slice(0, 9), content.length) : content)

  test('is settled by what stands there, at each moment of what it asks of its storage, and can be undone if it is done', { timeout: 120_000 }, async () => {
    const { child, passed } = await reach(...expected.map(({ each }) => each))
    await child.kill()
    const last = expected.filter(({ moment, ends: of }) => moment === Object.keys(of).at(-1))
    expect(last.map(({ each }) => [each, passed.get(each)])).toEqual(last.map(({ each, ends: of }) => [each, Object.keys(of)]))

    const it = await nextGateway()
    await it.journal.recover()
    const found = await Promise.all(expected.map(async ({ each }) => [each, changeOf(it.journal, each).state, await tree(it, `/${each}`)]))
    expect(found).toEqual(expected.map(({ each, moment, ends: of, stood = OLD, now }) => [each, of[moment], of[moment] === 'done' ? now : stood]))
    expect(it.journal.history({ limit: 9, states: ['open', 'aborting', 'in_doubt'], parts: true })).toEqual([])
    expect((await readdir(root, { recursive: true })).filter((path) => path.includes('.polymount-'))).toEqual([])

    const done = expected.filter(({ moment, ends: of, undone = true }) => of[moment] === 'done' && undone)
    for (const { each } of done) expect(await it.vfs.undo({ change: changeOf(it.journal, each).change }, call), each).toMatchObject({ conflicts: [] })
    const undone = await Promise.all(done.map(async ({ each }) => [each, await tree(it, `/${each}`)]))
    expect(undone).toEqual(done.map(({ each, stood = OLD }) => [each, stood]))
  })

  test('leaves no process behind once it is settled', async () => {
    const { child } = await reach('local/overwrite@staged')
    await child.kill()
    const { journal } = await survivor()
    await journal.recover()
    expect(await readdir(join(data, 'run'))).toHaveLength(1) // the survivor's own
  })

  test('is settled by whoever meets it', async () => {
    const { child } = await reach('local/overwrite@after-write')
    await child.kill()
    const { journal, backend } = await survivor()
    const mine = await beginning(journal, backend, '/overwrite@after-write/f')
    expect(journal.history({ limit: 9 }).find(isOf('local/overwrite@after-write'))).toMatchObject({ state: 'done', after: { kind: 'file', size: 3 } })
    await mine.aborted()
  })

  test('is a conflict if others changed the file since, and nothing is touched', async () => {
    const begun = ['overwrite@before-write', 'removeFolder@before-put', 'mkdir@before-mkdir', 'move@before-rename', 'moveFolder@before-rename']
    const { child } = await reach(...begun.map((each) => `local/${each}`))
    await child.kill()
    await rm(join(root, 'removeFolder@before-put/d'), { recursive: true })
    await rm(join(root, 'moveFolder@before-rename/d'), { recursive: true })
    const others = ['overwrite@before-write/f', 'removeFolder@before-put/d', 'mkdir@before-mkdir/made', 'move@before-rename/moved']
    for (const path of others) await writeFile(join(root, path), 'by others')
    const { journal } = await survivor()
    await journal.recover()
    for (const each of begun)
      expect(changeOf(journal, `local/${each}`)).toMatchObject({ state: 'conflict', reason: expect.stringContaining('nothing was touched') })
    for (const path of others) expect(await text(path)).toBe('by others')
  })

  test('made of parts is taken back by the one who can, else it names them', async () => {
    const { child } = await reach('local/mirror@before-write')
    await child.kill()
    await cp(data, join(top, 'copy'), { recursive: true })
    const able = await survivor(async () => ({ complete: true, reason: '' }))
    await able.journal.recover()
    const { change: id } = changeOf(able.journal, 'local/mirror@before-write')
    expect(able.journal.get(id)).toMatchObject({ state: 'aborted', reason: expect.stringContaining('taken back') })
    expect(
      able.journal
        .parts(id)
        .toArray()
        .map((part) => part.state),
    ).toEqual(['aborted', 'aborted'])
    data = join(top, 'copy')
    const unable = await survivor()
    await unable.journal.recover()
    expect(unable.journal.get(id)).toMatchObject({ state: 'partial', reason: expect.stringMatching(/done: mkdir \S+\/t c\w+/) })
  })
})

test('a stopped process is not dead: its change is waited for', async () => {
  const { child } = await reach('local/overwrite@before-write')
  child.process.kill('SIGSTOP')
  const { journal, backend } = await survivor()
  expect(await journal.recover()).toEqual([])
  const stop = new AbortController()
  const waiting = journal.begin({ kind: 'write', place: await placeIn(backend, '/overwrite@before-write/f'), actor, before: null }, { signal: stop.signal })
  expect(await journal.recover()).toEqual([])
  stop.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(changeOf(journal, 'local/overwrite@before-write').state).toBe('open')
})

test('a process whose lock file was deleted is not judged while it runs, and is when it has gone', async () => {
  const { child } = await reach('local/overwrite@before-write')
  for (const lock of await readdir(join(data, 'run'))) await rm(join(data, 'run', lock))
  const { journal } = await survivor()
  expect(await journal.recover()).toEqual([])
  await child.kill()
  expect((await journal.recover()).map(({ change }) => change)).toEqual([changeOf(journal, 'local/overwrite@before-write').change])
})

test('a change is left to a process that serves its storage', async () => {
  const { child } = await reach('local/overwrite@after-write')
  await child.kill()
  const stranger = await open(data)
  cleanup.push(() => stranger[Symbol.asyncDispose]())
  expect(await stranger.recover()).toEqual([])
  expect(changeOf(stranger, 'local/overwrite@after-write').state).toBe('open')
  const { journal } = await survivor()
  expect((await journal.recover()).map(({ state }) => state)).toEqual(['done'])
})

test('two processes that find a dead one settle each change once', async () => {
  const wanted = ['local/overwrite@after-write', 'local/mkdir@after-mkdir', 'local/move@after-rename']
  const { child } = await reach(...wanted)
  await child.kill()
  const [one, two] = [await survivor(), await survivor()]
  const settled = (await Promise.all([one.journal.recover(), two.journal.recover()])).flat()
  expect(settled.map(({ change }) => change).toSorted()).toEqual(wanted.map((each) => changeOf(one.journal, each).change).toSorted())
})

test("an orderly end leaves no process behind, and what it left open is settled like a dead one's", async () => {
  const first = await survivor()
  const done = await beginning(first.journal, first.backend, '/new')
  await done.aborted()
  await first.journal[Symbol.asyncDispose]()
  expect(await readdir(join(data, 'run'))).toEqual([])
  const second = await survivor()
  const left = await beginning(second.journal, second.backend, '/new')
  await second.journal[Symbol.asyncDispose]()
  const third = await survivor()
  expect((await third.journal.recover()).map(({ change, state }) => [change, state])).toEqual([[left.id, 'aborted']])
})
