import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { vfsPath } from '../../../src/core/path.ts'
import type { Journal, Place, TakeBack } from '../../../src/journal/types.ts'
import { Child } from '../../support/children.ts'
import { actor, open, serving, temporaryFolder } from '../../support/journal.ts'

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

async function prepare(scenario: string): Promise<void> {
  await mkdir(join(root, scenario, 'd'), { recursive: true })
  await writeFile(join(root, scenario, 'f'), 'old')
  await writeFile(join(root, scenario, 'd', 'inside'), 'kept')
}

/** A process that has come to the step of every scenario `<name>-<step>`, and the change that each of them began. */
async function reach(...scenarios: string[]): Promise<{ readonly child: Child; readonly ids: Record<string, string> }> {
  for (const scenario of scenarios) await prepare(scenario)
  const child = new Child(new URL('dying.ts', import.meta.url), data, root, ...scenarios)
  cleanup.push(() => child.kill())
  const ids: Record<string, string> = {}
  for (const waiting = new Set(scenarios); waiting.size > 0;) {
    const [scenario = '', what = ''] = (await child.line()).split(' ')
    if (what === 'reached') waiting.delete(scenario)
    else ids[scenario] = what
  }
  return { child, ids }
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

const names = async (scenario: string): Promise<string> => (await readdir(join(root, scenario), { recursive: true })).toSorted().join(' ')
const text = (path: string): Promise<string> => readFile(join(root, path), 'utf8')

describe('a change whose process was killed', () => {
  const OLD = 'd d/inside f'
  const EXPECTED: readonly (readonly [string, string, string])[] = [
    ['write-begun', 'aborted', OLD],
    ['write-staged', 'aborted', OLD],
    ['write-effect', 'done', OLD],
    ['write-done', 'done', OLD],
    ['create-begun', 'aborted', OLD],
    ['create-staged', 'aborted', OLD],
    ['create-effect', 'done', `${OLD} new`],
    ['stream-staged', 'aborted', OLD],
    ['stream-noted', 'aborted', OLD],
    ['stream-effect', 'done', OLD],
    ['mkdir-begun', 'aborted', OLD],
    ['mkdir-effect', 'done', `${OLD} made`],
    ['remove-begun', 'aborted', OLD],
    ['remove-effect', 'done', 'f'],
    ['erase-begun', 'aborted', OLD],
    ['erase-effect', 'done', 'd d/inside'],
    ['move-begun', 'aborted', OLD],
    ['move-effect', 'done', 'd d/inside moved'],
    ['link-effect', 'aborted', OLD],
    ['copy-begun', 'aborted', OLD],
    ['copy-effect', 'done', `copied ${OLD}`],
    ['back-begun', 'aborted', 'd d/inside'],
    ['back-effect', 'done', OLD],
    ['parents-begun', 'aborted', OLD],
    ['parents-parents', 'aborted', OLD],
    ['parents-effect', 'done', `${OLD} x x/y x/y/f`],
    ['tree-begun', 'aborted', OLD],
    ['tree-effect', 'partial', `${OLD} t t/a`],
  ]

  test('is settled by what stands there, at each of its steps', async () => {
    const { child, ids } = await reach(...EXPECTED.map(([scenario]) => scenario))
    await child.kill()
    const { journal } = await survivor()
    await journal.recover()
    const found = await Promise.all(EXPECTED.map(async ([scenario]) => [scenario, journal.get(ids[scenario] ?? '')?.state, await names(scenario)]))
    expect(found).toEqual(EXPECTED)
    const contents = ['begun', 'staged', 'effect', 'done'].map((step) => text(`write-${step}/f`))
    expect(await Promise.all(contents)).toEqual(['old', 'old', 'new', 'new'])
    expect(journal.history({ limit: 9, states: ['open', 'aborting', 'in_doubt'], parts: true })).toEqual([])
    expect(await readdir(join(data, 'run'))).toHaveLength(1) // the survivor's own
  })

  test('is settled by whoever meets it', async () => {
    const { child, ids } = await reach('write-effect')
    await child.kill()
    const { journal, backend } = await survivor()
    const mine = await beginning(journal, backend, '/write-effect/f')
    expect(journal.get(ids['write-effect'] ?? '')).toMatchObject({ state: 'done', after: { kind: 'file', size: 3 } })
    await mine.aborted()
  })

  test('is a conflict if others changed the file since, and nothing is touched', async () => {
    const { child, ids } = await reach('write-begun', 'remove-begun', 'mkdir-begun', 'move-begun', 'link-begun')
    await child.kill()
    await writeFile(join(root, 'write-begun/f'), 'by others')
    await rm(join(root, 'remove-begun/d'), { recursive: true })
    await writeFile(join(root, 'remove-begun/d'), 'by others')
    await writeFile(join(root, 'mkdir-begun/made'), 'by others')
    await writeFile(join(root, 'move-begun/moved'), 'by others')
    await rm(join(root, 'link-begun/f'))
    const { journal } = await survivor()
    await journal.recover()
    for (const id of Object.values(ids)) expect(journal.get(id)).toMatchObject({ state: 'conflict', reason: expect.stringContaining('nothing was touched') })
    for (const path of ['write-begun/f', 'remove-begun/d', 'mkdir-begun/made', 'move-begun/moved']) expect(await text(path)).toBe('by others')
  })

  test('made of parts is taken back by the one who can, else it names them', async () => {
    const { child, ids } = await reach('tree-effect')
    await child.kill()
    await cp(data, join(top, 'copy'), { recursive: true })
    const able = await survivor(async () => ({ complete: true, reason: '' }))
    await able.journal.recover()
    const id = ids['tree-effect'] ?? ''
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
    expect(unable.journal.get(id)).toMatchObject({ state: 'partial', reason: expect.stringMatching(/done: mkdir \/tree-effect\/t c\w+, mkdir/) })
  })
})

test('a stopped process is not dead: its change is waited for', async () => {
  const { child, ids } = await reach('write-begun')
  child.process.kill('SIGSTOP')
  const { journal, backend } = await survivor()
  expect(await journal.recover()).toEqual([])
  const stop = new AbortController()
  const waiting = journal.begin({ kind: 'write', place: await placeIn(backend, '/write-begun/f'), actor, before: null }, { signal: stop.signal })
  expect(await journal.recover()).toEqual([])
  stop.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(journal.get(ids['write-begun'] ?? '')?.state).toBe('open')
})

test('a process whose lock file was deleted is not judged while it runs, and is when it has gone', async () => {
  const { child, ids } = await reach('write-begun')
  const [lock = ''] = await readdir(join(data, 'run'))
  await rm(join(data, 'run', lock))
  const { journal } = await survivor()
  expect(await journal.recover()).toEqual([])
  await child.kill()
  expect((await journal.recover()).map(({ change }) => change)).toEqual([ids['write-begun']])
})

test('a change is left to a process that serves its storage', async () => {
  const { child, ids } = await reach('write-effect')
  await child.kill()
  const stranger = await open(data)
  cleanup.push(() => stranger[Symbol.asyncDispose]())
  expect(await stranger.recover()).toEqual([])
  expect(stranger.get(ids['write-effect'] ?? '')?.state).toBe('open')
  const { journal } = await survivor()
  expect((await journal.recover()).map(({ state }) => state)).toEqual(['done'])
})

test('two processes that find a dead one settle each change once', async () => {
  const { child, ids } = await reach('write-effect', 'mkdir-effect', 'move-effect')
  await child.kill()
  const [one, two] = [await survivor(), await survivor()]
  const settled = (await Promise.all([one.journal.recover(), two.journal.recover()])).flat()
  expect(settled.map(({ change }) => change).toSorted()).toEqual(Object.values(ids).toSorted())
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
