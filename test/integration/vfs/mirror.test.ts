import * as fc from 'fast-check'
import { chmod, mkdtemp, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Stat } from '../../../src/core/backend.ts'
import { collect } from '../../../src/core/bytes.ts'
import { VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'

/** Contents by relative path; null is a folder. */
type Tree = Readonly<Record<string, string | null>>

async function plant({ vfs }: TestVfs, top: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    if (content === null) await vfs.mkdir(p(`${top}/${path}`), { ...call, parents: true })
    else await vfs.write(p(`${top}/${path}`), Buffer.from(content), { ...call, parents: true })
  }
}

async function treeOf({ vfs }: TestVfs, top: string): Promise<Tree> {
  const found: Record<string, string | null> = {}
  for await (const { path, kind } of vfs.walk(p(top), { ...call, ignored: true }))
    found[path.slice(top.length + 1)] = kind === 'directory' ? null : Buffer.from(await collect((await vfs.open(path, call)).read(), 1 << 20)).toString()
  return found
}

const disk = async (): Promise<[LocalBackend, string]> => {
  const root = await mkdtemp(join(tmpdir(), 'polymount-mirror-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  return [new LocalBackend({ root }), root]
}

const mirror = ({ vfs }: TestVfs, options = {}) => vfs.mirror(p('/from/t'), p('/to'), { ...call, ...options })

const source: Tree = { a: '1', 'b/c': '2', 'b/d': '3', e: null }

describe.each([
  ['memory', async () => new MemoryBackend()],
  ['the disk', async () => (await disk())[0]],
])('onto a whole mount of %s', (_, make) => {
  test('only what differs is written, and one undo takes it back', async () => {
    await using t = await openTestVfs({ '/from': {}, '/to': await make() })
    await plant(t, '/from/t', source)
    const before: Tree = { a: '1', 'b/c': 'other', extra: 'x', 'old/f': 'y' }
    await plant(t, '/to', before)
    const done = await mirror(t)
    expect(done).toMatchObject({ created: ['/to/b/d', '/to/e'], updated: ['/to/b/c'], deleted: [], unchanged: 1, bytes: 2 })
    expect(await treeOf(t, '/to')).toEqual({ ...source, b: null, extra: 'x', old: null, 'old/f': 'y' })
    expect(await mirror(t)).toMatchObject({ change: null, created: [], updated: [], unchanged: 3, bytes: 0 })
    const deleting = await mirror(t, { delete: true })
    expect(deleting).toMatchObject({ created: [], updated: [], deleted: ['/to/extra', '/to/old', '/to/old/f'], unchanged: 3 })
    expect(await treeOf(t, '/to')).toEqual({ ...source, b: null })
    expect(await t.vfs.undo({ change: deleting.change! }, call)).toMatchObject({ conflicts: [] })
    expect(await t.vfs.undo({ change: done.change! }, call)).toMatchObject({ conflicts: [] })
    expect(await treeOf(t, '/to')).toEqual({ ...before, b: null, old: null })
  })
})

test('a file of the same size and time is compared by its content', async () => {
  const [backend, root] = await disk()
  await using t = await openTestVfs({ '/from': {}, '/to': backend })
  await plant(t, '/from/t', { f: 'abc', g: 'abc' })
  for (const [name, content] of [['f', 'abd'], ['g', 'abc']] as const) await writeFile(join(root, name), content) // prettier-ignore
  const { modified } = await t.vfs.stat(p('/from/t/f'), call)
  for (const name of ['f', 'g']) await utimes(join(root, name), modified, modified)
  expect(await mirror(t)).toMatchObject({ updated: ['/to/f'], unchanged: 1 })
})

test('dry_run tells all of it and changes nothing, also where the real run would be refused', async () => {
  await using t = await openTestVfs({ '/from': {}, '/to': {} })
  await plant(t, '/from/t', source)
  await plant(t, '/to', { x: '1', y: '2' })
  const options = { delete: true, maxDelete: 1 }
  expect(await mirror(t, { ...options, dryRun: true })).toMatchObject({
    change: null,
    created: ['/to/a', '/to/b', '/to/b/c', '/to/b/d', '/to/e'],
    deleted: ['/to/x', '/to/y'],
  })
  await expect(mirror(t, options)).rejects.toMatchObject({ code: 'TOO_MANY_DELETIONS', details: { deletions: 2, max_delete: 1 } })
  expect(await treeOf(t, '/to')).toEqual({ x: '1', y: '2' })
})

test('tells how far it is, while it compares and while it writes', async () => {
  await using t = await openTestVfs({ '/from': {}, '/to': {} })
  await plant(t, '/from/t', { a: '1', b: '22', c: '333' })
  await plant(t, '/to', { a: '1', b: '2' })
  const told: [number, number][] = []
  await mirror(t, { onProgress: (bytes: number, files: number) => void told.push([bytes, files]) })
  expect([told[0], told.at(-1)]).toEqual([
    [0, 1],
    [5, 3],
  ])
})

test('an empty source does not take everything with it', async () => {
  await using t = await openTestVfs({ '/from': {}, '/to': {} })
  await t.vfs.mkdir(p('/from/t'), call)
  await plant(t, '/to', { x: '1' })
  await expect(mirror(t, { delete: true, maxDelete: 100 })).rejects.toMatchObject({ code: 'TOO_MANY_DELETIONS' })
  expect(await mirror(t)).toMatchObject({ change: null, deleted: [] })
  expect(await treeOf(t, '/to')).toEqual({ x: '1' })
})

describe('where the kinds differ', () => {
  test('a folder takes the place of a file, and the file comes back', async () => {
    await using t = await openTestVfs({ '/from': {}, '/to': {} })
    await plant(t, '/from/t', { 'n/f': '1' })
    await plant(t, '/to', { n: 'file' })
    const { change, ...done } = await mirror(t)
    expect(done).toMatchObject({ created: ['/to/n/f'], updated: ['/to/n'], deleted: [] })
    await t.vfs.undo({ change: change! }, call)
    expect(await treeOf(t, '/to')).toEqual({ n: 'file' })
  })

  test('a file takes the place of an empty folder, and of a full one only with delete', async () => {
    await using t = await openTestVfs({ '/from': {}, '/to': {} })
    await plant(t, '/from/t', { empty: '1', full: '2' })
    const before: Tree = { empty: null, full: null, 'full/of': null, 'full/of/it': 'x' }
    await plant(t, '/to', before)
    await expect(mirror(t)).rejects.toMatchObject({ code: 'IS_DIRECTORY', path: '/to/full' })
    expect(await treeOf(t, '/to')).toEqual(before)
    const { change, ...done } = await mirror(t, { delete: true })
    expect(done).toMatchObject({ updated: ['/to/empty', '/to/full'], deleted: ['/to/full/of', '/to/full/of/it'] })
    expect(await treeOf(t, '/to')).toEqual({ empty: '1', full: '2' })
    await t.vfs.undo({ change: change! }, call)
    expect(await treeOf(t, '/to')).toEqual(before)
  })

  test('a link at the destination goes, and what it leads to stays', async () => {
    const [backend, root] = await disk()
    await using t = await openTestVfs({ '/from': {}, '/to': backend })
    await plant(t, '/from/t', { link: 'new' })
    await writeFile(join(root, 'target'), 'old')
    await symlink('target', join(root, 'link'))
    expect(await mirror(t)).toMatchObject({ updated: ['/to/link'] })
    expect(await treeOf(t, '/to')).toEqual({ link: 'new', target: 'old' })
  })
})

test('a link of the source is left out, and what has its name at the destination stays', async () => {
  const [backend, root] = await disk()
  await using t = await openTestVfs({ '/from': backend, '/to': {} })
  await plant(t, '/from/t', { f: '1' })
  await symlink('f', join(root, 't/link'))
  await plant(t, '/to', { link: 'mine' })
  expect(await mirror(t, { delete: true })).toMatchObject({ created: ['/to/f'], deleted: [], linksLeftOut: 1 })
  expect(await treeOf(t, '/to')).toEqual({ f: '1', link: 'mine' })
})

test('modes and times go along where both storages keep them, and a mode that differs is a difference', async () => {
  const [[from, below], [to, root]] = [await disk(), await disk()]
  await using t = await openTestVfs({ '/from': from, '/to': to })
  await plant(t, '/from/t', { tool: '#!/bin/sh' })
  await chmod(join(below, 't/tool'), 0o755)
  const time = new Date('2020-02-02T02:02:02Z')
  await utimes(join(below, 't/tool'), time, time)
  await mirror(t)
  expect(await stat(join(root, 'tool'))).toMatchObject({ mode: 0o100755, mtime: time })
  await chmod(join(root, 'tool'), 0o600)
  expect(await mirror(t)).toMatchObject({ updated: ['/to/tool'] })
  expect((await stat(join(root, 'tool'))).mode).toBe(0o100755)
})

test('one file onto another; a file never onto a folder, nor a tree into itself', async () => {
  await using t = await openTestVfs({ '/from': {}, '/to': {} })
  await plant(t, '/from/t', { f: 'new', d: null })
  await plant(t, '/to', { f: 'old', d: null })
  const one = (from: string, to: string) => t.vfs.mirror(p(from), p(to), call)
  expect(await one('/from/t/f', '/to/f')).toMatchObject({ updated: ['/to/f'], bytes: 3 })
  expect(await one('/from/t/f', '/to/g')).toMatchObject({ created: ['/to/g'] })
  await expect(one('/from/t/f', '/to/d')).rejects.toMatchObject({ code: 'IS_DIRECTORY' })
  await expect(one('/from/t/d', '/to/f')).rejects.toMatchObject({ code: 'NOT_DIRECTORY' })
  await expect(one('/from', '/from/t')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

test('a part that fails takes all the others back', async () => {
  class Fussy extends MemoryBackend {
    override async write(...[path, content, options]: Parameters<MemoryBackend['write']>): Promise<Stat> {
      if (path.endsWith('/bad')) throw new VfsError('IO_ERROR', 'a bad sector')
      return super.write(path, content, options)
    }
  }
  await using t = await openTestVfs({ '/from': {}, '/to': new Fussy() })
  await plant(t, '/from/t', { a: 'new', bad: '2', 'd/e': '3' })
  await plant(t, '/to', { a: 'old', x: '1' })
  await expect(mirror(t, { delete: true })).rejects.toMatchObject({ code: 'IO_ERROR' })
  expect(await treeOf(t, '/to')).toEqual({ a: 'old', x: '1' })
})

test('what others changed since is not lost by the undo', async () => {
  await using t = await openTestVfs({ '/from': {}, '/to': {} })
  await plant(t, '/from/t', { a: '1', b: '2' })
  const { change } = await mirror(t)
  await t.write('/to/a', 'theirs', { ifMatch: '*' })
  expect(await t.vfs.undo({ change: change! }, call)).toMatchObject({ change: null, conflicts: [{ path: '/to/a' }] })
  expect(await treeOf(t, '/to')).toEqual({ a: 'theirs', b: '2' })
})

test('whatever the two trees are: afterwards they are equal, and after the undo as before', async () => {
  const names = fc.constantFrom('a', 'b', 'ä', 'a b')
  const tree = fc.dictionary(
    fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
    fc.option(fc.constantFrom('', 'x', 'y', 'xy')),
    { maxKeys: 6 },
  )
  const possible = (one: Tree): Tree =>
    Object.fromEntries(
      Object.entries(one).filter(([path]) => !Object.entries(one).some(([above, content]) => content !== null && path.startsWith(`${above}/`))),
    )
  await fc.assert(
    fc.asyncProperty(tree.map(possible), tree.map(possible), async (wanted, standing) => {
      await using t = await openTestVfs({ '/from': {}, '/to': {} })
      await plant(t, '/from/t', { always: 'there', ...wanted })
      await plant(t, '/to', standing)
      const before = await treeOf(t, '/to')
      const planned = await mirror(t, { delete: true, dryRun: true })
      const { change, bytes: _, ...done } = await mirror(t, { delete: true })
      expect(planned).toMatchObject(done)
      expect(await treeOf(t, '/to')).toEqual(await treeOf(t, '/from/t'))
      expect(await t.vfs.undo({ change: change! }, call)).toMatchObject({ conflicts: [] })
      expect(await treeOf(t, '/to')).toEqual(before)
    }),
    { numRuns: 25 },
  )
})
