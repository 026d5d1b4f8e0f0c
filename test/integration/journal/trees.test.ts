import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { Child } from '../../support/children.ts'
import { temporaryFolder } from '../../support/journal.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'

/** Every file with its content, and every folder. */
async function tree(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const shown = entries
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name).slice(root.length + 1) }))
    .filter(({ path }) => !path.includes('.polymount'))
    .map(async ({ entry, path }) => (entry.isFile() ? `${path}=${await readFile(join(root, path), 'utf8')}` : path))
  return (await Promise.all(shown)).toSorted()
}

const BEFORE = ['one', 'one/tree', 'one/tree/a=a', 'one/tree/b=b', 'one/tree/c=c', 'two', 'two/a=old', 'two/extra=x']
const CHANGED = ['one', 'one/tree', 'one/tree/a=changed', 'one/tree/b=changed', 'one/tree/c=changed', 'two', 'two/a=old', 'two/extra=x']

/** Kills a gateway in the middle of a change of several parts; what it served. */
async function killedAfter(parts: number, scenario: string, top: string): Promise<string> {
  const [root, folder] = [join(top, 'served'), join(top, 'data')]
  for (const each of [join(root, 'one/tree'), join(root, 'two'), folder]) await mkdir(each, { recursive: true })
  for (const name of ['a', 'b', 'c']) await writeFile(join(root, 'one/tree', name), name)
  for (const [name, content] of [['a', 'old'], ['extra', 'x']] as const) await writeFile(join(root, 'two', name), content) // prettier-ignore
  const child = new Child(new URL('frozen.ts', import.meta.url), folder, root, scenario, `${parts}`)
  expect(await child.line()).toBe('frozen')
  await child.kill()
  return root
}

function next(top: string): Promise<TestVfs> {
  const [root, folder] = [join(top, 'served'), join(top, 'data')]
  const local = (name: string): LocalBackend => new LocalBackend({ root: join(root, name), dataFolder: folder })
  return openTestVfs({ '/one': local('one'), '/two': local('two') }, { folder })
}

test.each([
  ['move', 5, BEFORE],
  ['mirror', 1, BEFORE],
  ['mirror', 3, BEFORE],
  ['undo', 1, CHANGED],
  ['undo', 2, CHANGED],
])('a %s that was killed after %i of its parts is taken back whole by the next gateway', async (scenario, parts, standing) => {
  await using top = await temporaryFolder()
  const root = await killedAfter(parts, scenario, top.folder)
  await using it = await next(top.folder)
  const settled = await it.journal.recover()
  expect(await tree(root)).toEqual(standing)
  expect(settled.find(({ parent }) => parent === null)).toMatchObject({ kind: scenario, state: 'aborted', reason: expect.stringContaining('taken back') })
  expect(it.journal.history({ states: ['open', 'aborting', 'in_doubt', 'partial', 'conflict'], parts: true, limit: 9 })).toEqual([])
})

test('a cancelled copy that was killed while it was taken back is taken back to its end', async () => {
  await using top = await temporaryFolder()
  const root = await killedAfter(1, 'cancelled', top.folder)
  await using it = await next(top.folder)
  const settled = await it.journal.recover()
  expect(await tree(root)).toEqual(BEFORE)
  expect(settled.find(({ parent }) => parent === null)).toMatchObject({ kind: 'copy', state: 'aborted', reason: expect.stringContaining('taken back') })
})

describe.each([
  ['copy', 3, 'one/copied'],
  ['into', 2, 'two'],
] as const)('%s, killed after %i of its parts', (scenario, parts, to) => {
  const again = (it: TestVfs) =>
    scenario === 'into'
      ? it.vfs.copyInto(vfsPath('/one/tree'), vfsPath(`/${to}`), call)
      : it.vfs.copy(vfsPath('/one/tree'), vfsPath(`/${to}`), { ...call, overwrite: true })

  test('keeps what is whole, and the same copy again sends only the rest', async () => {
    await using top = await temporaryFolder()
    const root = await killedAfter(parts, scenario, top.folder)
    await using it = await next(top.folder)
    const settled = await it.journal.recover()
    expect(settled.find(({ parent }) => parent === null)).toMatchObject({
      kind: 'copy',
      state: 'partial',
      reason: expect.stringContaining('goes on from there'),
    })
    const copied = (await tree(join(root, to))).filter((each) => ['a=a', 'b=b', 'c=c'].includes(each))
    expect(copied.length).toBeGreaterThan(0)
    const { bytes } = await again(it)
    expect(bytes).toBe(3 - copied.length)
    expect((await tree(join(root, to))).filter((each) => !each.startsWith('extra'))).toEqual(['a=a', 'b=b', 'c=c'])
    expect(await again(it)).toMatchObject({ bytes: 0 })
  })

  test('is undone by its id', async () => {
    await using top = await temporaryFolder()
    const root = await killedAfter(parts, scenario, top.folder)
    await using it = await next(top.folder)
    const settled = await it.journal.recover()
    const { change } = settled.find(({ parent }) => parent === null)!
    expect((await it.vfs.undo({ change }, call)).conflicts).toEqual([])
    expect(await tree(root)).toEqual(BEFORE)
  })
})

describe.each([2, 4])('a move into another storage, killed after %i of its parts', (parts) => {
  test('leaves what it copied beside the source, and the same move again sends only the rest', async () => {
    await using top = await temporaryFolder()
    const root = await killedAfter(parts, 'move', top.folder)
    await using it = await next(top.folder)
    const settled = await it.journal.recover()
    expect(settled.find(({ parent }) => parent === null)).toMatchObject({ kind: 'move', state: 'partial', reason: expect.stringContaining('same move again') })
    expect((await tree(root)).filter((each) => BEFORE.includes(each))).toEqual(BEFORE)
    const copied = (await tree(root)).filter((each) => /^two\/moved\/.=/.test(each))
    expect(copied.length).toBeGreaterThan(0)
    const { bytes } = await it.vfs.move(vfsPath('/one/tree'), vfsPath('/two/moved'), { ...call, overwrite: true })
    expect(bytes).toBe(3 - copied.length)
    expect(await tree(root)).toEqual(['one', 'two', 'two/a=old', 'two/extra=x', 'two/moved', 'two/moved/a=a', 'two/moved/b=b', 'two/moved/c=c'])
  })

  test('is undone by its id', async () => {
    await using top = await temporaryFolder()
    const root = await killedAfter(parts, 'move', top.folder)
    await using it = await next(top.folder)
    const { change } = (await it.journal.recover()).find(({ parent }) => parent === null)!
    expect((await it.vfs.undo({ change }, call)).conflicts).toEqual([])
    expect(await tree(root)).toEqual(BEFORE)
  })
})
