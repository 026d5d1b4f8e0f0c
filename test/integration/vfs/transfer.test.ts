import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Bytes, Stat } from '../../../src/core/backend.ts'
import { VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import type { Progress } from '../../../src/vfs/types.ts'
import { Sticky } from '../../support/sticky.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

/** Fails at the write of one name. */
class Fussy extends MemoryBackend {
  override async write(...[path, source, options]: Parameters<MemoryBackend['write']>): Promise<Stat> {
    if (path.endsWith('/bad')) throw new VfsError('IO_ERROR', 'a bad sector')
    return super.write(path, source, options)
  }
}

/** Writes something else than it got. */
class Lying extends MemoryBackend {
  override async write(...[path, source, options]: Parameters<MemoryBackend['write']>): Promise<Stat> {
    return super.write(path, flipped(source), options)
  }
}

async function* flipped(source: Bytes): Bytes {
  for await (const part of source) yield part.map((byte) => byte ^ 1)
}

const tree = ['a', 'b/c', 'b/d', 'e/f/g']

test.each([{}, { include: ['c'] }])('a folder that others may not enter is not opened to them by a copy (%j)', async (choice) => {
  const storage = new MemoryBackend()
  await storage.mkdir(p('/src'), { mode: 0o700 })
  await storage.mkdir(p('/src/b'), { mode: 0o750 })
  await using t = await openTestVfs({ '/x': storage, '/y': {} })
  await t.write('/x/src/b/c', 'c')
  await t.vfs.copy(p('/x/src'), p('/y/copy'), { ...call, ...choice })
  expect([(await t.vfs.stat(p('/y/copy'), call)).mode, (await t.vfs.stat(p('/y/copy/b'), call)).mode]).toEqual([0o700, 0o750])
})

describe.each([
  ['inside one storage', '/x', '/x/copy'],
  ['across storages', '/x', '/y/copy'],
])('%s', (_, mount, to) => {
  const planted = async () => {
    const t = await openTestVfs({ '/x': {}, '/y': {} })
    for (const name of tree) await t.write(`${mount}/src/${name}`, name, { parents: true })
    return t
  }

  test('a copy of a folder holds what the folder holds, and the source stays', async () => {
    await using t = await planted()
    const { bytes, stat } = await t.vfs.copy(p('/x/src'), p(to), call)
    expect([bytes, stat?.kind]).toEqual([12, 'directory'])
    for (const name of tree) expect([await t.text(`${to}/${name}`), await t.text(`/x/src/${name}`)]).toEqual([name, name])
  })

  test('a move takes it away', async () => {
    await using t = await planted()
    await t.vfs.move(p('/x/src'), p(to), call)
    for (const name of tree) expect(await t.text(`${to}/${name}`)).toBe(name)
    await expect(t.vfs.stat(p('/x/src'), call)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('an existing folder is merged into only with overwrite, and other files in it stay', async () => {
    await using t = await planted()
    await t.write(`${to}/a`, 'old', { parents: true })
    await t.write(`${to}/own`, 'own')
    await expect(t.vfs.copy(p('/x/src'), p(to), call)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    const { change } = await t.vfs.copy(p('/x/src'), p(to), { ...call, overwrite: true })
    expect([await t.text(`${to}/a`), await t.text(`${to}/own`)]).toEqual(['a', 'own'])
    await t.vfs.undo({ change: change! }, call)
    expect([await t.text(`${to}/a`), await t.text(`${to}/own`), await t.names(to)]).toEqual(['old', 'own', ['a', 'own']])
  })

  test('include and exclude choose files', async () => {
    await using t = await planted()
    await t.vfs.copy(p('/x/src'), p(to), { ...call, include: ['b/*', 'g'], exclude: ['d'] })
    const found = (await Array.fromAsync(t.vfs.walk(p(to), call))).filter(({ kind }) => kind === 'file').map(({ path }) => path.slice(to.length))
    expect(found).toEqual(['/b/c', '/e/f/g'])
  })

  test('what is excluded is left out with all below it, and stays when the rest is moved', async () => {
    await using t = await planted()
    const below = async (top: string): Promise<string[]> => (await Array.fromAsync(t.vfs.walk(p(top), call))).map(({ path }) => path.slice(top.length))
    const all = await below('/x/src')
    await t.vfs.copy(p('/x/src'), p(to), { ...call, exclude: ['e', 'b/'] })
    expect(await below(to)).toEqual(all.filter((path) => !/^\/[be](\/|$)/.test(path)))
    const { change } = await t.vfs.move(p('/x/src'), p(`${to}-moved`), { ...call, exclude: ['e'] })
    expect(await below(`${to}-moved`)).toEqual(all.filter((path) => !/^\/e(\/|$)/.test(path)))
    expect((await below('/x/src')).filter((path) => path.startsWith('/e'))).toEqual(all.filter((path) => path.startsWith('/e')))
    await t.vfs.undo({ change: change! }, call)
    expect(await below('/x/src')).toEqual(all)
  })

  test('a file replaces a file with overwrite, by copy and by move', async () => {
    await using t = await planted()
    await t.write(to, 'old')
    await expect(t.vfs.move(p('/x/src/a'), p(to), call)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    const { change } = await t.vfs.move(p('/x/src/a'), p(to), { ...call, overwrite: true })
    expect(await t.text(to)).toBe('a')
    await t.vfs.undo({ change: change! }, call)
    expect([await t.text(to), await t.text('/x/src/a')]).toEqual(['old', 'a'])
  })

  test('a folder never replaces a file, nor a file a folder', async () => {
    await using t = await planted()
    await t.write(to, 'file')
    await expect(t.vfs.copy(p('/x/src'), p(to), { ...call, overwrite: true })).rejects.toMatchObject({ code: 'NOT_DIRECTORY' })
    await t.vfs.remove(p(to), call)
    await t.vfs.mkdir(p(to), call)
    await expect(t.vfs.copy(p('/x/src/a'), p(to), { ...call, overwrite: true })).rejects.toMatchObject({ code: 'IS_DIRECTORY' })
  })
})

test('a copied folder tells how many links it leaves out', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'polymount-links-'))
  await mkdir(join(folder, 'src'))
  await writeFile(join(folder, 'src/f'), 'x')
  await symlink('f', join(folder, 'src/link'))
  await symlink('/etc/passwd', join(folder, 'src/out'))
  await using t = await openTestVfs({ '/m': new LocalBackend({ root: folder }) })
  expect(await t.vfs.copy(p('/m/src'), p('/m/dst'), call)).toMatchObject({ bytes: 1, linksLeftOut: 2 })
  expect(await t.names('/m/dst')).toEqual(['f'])
  await rm(folder, { recursive: true })
})

describe('a transfer', () => {
  test('onto itself or into itself is refused', async () => {
    await using t = await openTestVfs({ '/x': {} })
    await t.write('/x/d/f', 'x', { parents: true })
    for (const [from, to] of [
      ['/x/d', '/x/d'],
      ['/x/d', '/x/d/e'],
      ['/x/d/f', '/x/d/f'],
    ] as const)
      // prettier-ignore
      for (const op of ['copy', 'move'] as const) await expect(t.vfs[op](p(from), p(to), { ...call, overwrite: true })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('that fails half way leaves nothing, and names the first cause', async () => {
    await using t = await openTestVfs({ '/x': {}, '/y': new Fussy() })
    for (const name of ['a', 'bad', 'c', 'd/e']) await t.write(`/x/src/${name}`, name, { parents: true })
    await expect(t.vfs.copy(p('/x/src'), p('/y/dst'), call)).rejects.toMatchObject({ code: 'IO_ERROR' })
    expect(await t.names('/y')).toEqual([])
    expect(await t.vfs.history(p('/y/dst'), { ...call, limit: 1 })).toMatchObject([{ state: 'aborted' }])
  })

  test('whose source cannot be removed takes its copy back and says so', async () => {
    await using t = await openTestVfs({ '/x': new Sticky(), '/y': {} })
    await t.write('/x/f', 'content')
    await expect(t.vfs.move(p('/x/f'), p('/y/f'), call)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    expect([await t.text('/x/f'), await t.names('/y')]).toEqual(['content', []])
  })

  test('that does not read back as it was written keeps the source', async () => {
    await using t = await openTestVfs({ '/x': {}, '/y': new Lying() })
    await t.write('/x/f', 'content')
    await expect(t.vfs.move(p('/x/f'), p('/y/f'), call)).rejects.toMatchObject({ code: 'CONTENT_DAMAGED' })
    expect([await t.text('/x/f'), await t.names('/y')]).toEqual(['content', []])
  })

  test('a copy that does not read back as it was written is gone again', async () => {
    await using t = await openTestVfs({ '/x': {}, '/y': new Lying() })
    await t.write('/x/d/f', 'content', { parents: true })
    await expect(t.vfs.copy(p('/x/d/f'), p('/y/new/f'), call)).rejects.toMatchObject({ code: 'CONTENT_DAMAGED' })
    await expect(t.vfs.copy(p('/x/d'), p('/y/d'), call)).rejects.toMatchObject({ code: 'CONTENT_DAMAGED' })
    expect(await t.names('/y')).toEqual([])
  })

  test('that is cancelled takes back what it did', async () => {
    await using t = await openTestVfs({ '/x': {}, '/y': {} })
    for (let i = 0; i < 50; i++) await t.write(`/x/src/${i}`, 'x', { parents: true })
    const cancel = new AbortController()
    const onProgress = ({ files }: Progress): void => { if (files === 20) cancel.abort() } // prettier-ignore
    await expect(t.vfs.copy(p('/x/src'), p('/y/dst'), { ...call, signal: cancel.signal, onProgress })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await t.names('/y')).toEqual([])
  })

  test('reports its progress, and keeps the permission bits', async () => {
    const from = new MemoryBackend()
    await from.write(p('/run.sh'), (async function* () { yield Buffer.from('#!/bin/sh') })(), { mode: 0o755 }) // prettier-ignore
    await using t = await openTestVfs({ '/x': from, '/y': {} })
    const seen: Progress[] = []
    await t.vfs.copy(p('/x/run.sh'), p('/y/run.sh'), { ...call, onProgress: (progress) => seen.push(progress) })
    expect(seen).toMatchObject([
      { bytes: 9, files: 0 },
      { bytes: 9, files: 1 },
    ])
    expect(await t.vfs.stat(p('/y/run.sh'), call)).toMatchObject({ mode: 0o755 })
  })

  test('of a source that changed since it was read is refused', async () => {
    await using t = await openTestVfs({ '/x': {}, '/y': {} })
    const { stat } = await t.write('/x/f', 'one')
    await t.write('/x/f', 'two')
    await expect(t.vfs.copy(p('/x/f'), p('/y/f'), { ...call, ifMatch: stat!.etag })).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(t.vfs.move(p('/x/f'), p('/x/g'), { ...call, ifMatch: stat!.etag })).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})
