import { mkdir, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { collect } from '../../../src/core/bytes.ts'
import type { VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { forward } from '../../../src/layers/forward.ts'
import { temporaryFolder } from '../../support/content.ts'
import { stubborn } from '../../support/stubborn.ts'
import { call, openTestVfs } from '../../support/vfs.ts'
import { site } from '../local/site.ts'

const other = { actor: { client: 'other', session: 's2' } }

/** A moment after what has happened and before what comes: the journal's times are milliseconds. */
async function between(): Promise<Date> {
  await sleep(2)
  const moment = new Date()
  await sleep(2)
  return moment
}

describe('undo', () => {
  test('of a session takes back all of it, the newest first, in one change that can be undone itself', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/kept', 'before', other)
    await t.write('/m/kept', 'after')
    await t.write('/m/new/file', 'x', { parents: true })
    await t.vfs.move(p('/m/new/file'), p('/m/moved'), call)
    const { change, undone } = await t.vfs.undo({ session: 'current' }, call)
    expect(undone.map(({ path }) => path)).toEqual(['/m/moved', '/m/new/file', '/m/kept'])
    expect(await t.names('/m')).toEqual(['kept'])
    expect(await t.text('/m/kept')).toBe('before')
    await t.vfs.undo({ change: change! }, call)
    expect(await t.names('/m')).toEqual(['kept', 'moved', 'new'])
    expect(await t.text('/m/kept')).toBe('after')
  })

  test('reports a conflict and changes nothing if other hands came after', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const first = await t.write('/m/a', 'one')
    await t.write('/m/b', 'one')
    await t.write('/m/a', 'two', other)
    expect(await t.vfs.undo({ change: first.change! }, call)).toMatchObject({ change: null, undone: [], conflicts: [{ change: first.change, path: '/m/a' }] })
    expect(await t.vfs.undo({ session: 'current' }, call)).toMatchObject({ change: null, undone: [], conflicts: [{ path: '/m/a' }] })
    expect([await t.text('/m/a'), await t.text('/m/b')]).toEqual(['two', 'one'])
  })

  test('names the later change that history tells, and no part of it', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/d/f', 'one', { parents: true })
    const { change } = await t.vfs.remove(p('/m/d'), { ...call, recursive: true })
    const later = await t.write('/m/d/f', 'two', { parents: true, ...other })
    const { conflicts } = await t.vfs.undo({ change: change! }, call)
    expect(conflicts).toMatchObject([{ path: '/m/d', reason: `it was changed later, by ${later.change} (other)` }])
  })

  test('takes back a change whose content the undo of a later one has put back, also where only its hash tells', async () => {
    await using folder = await temporaryFolder()
    const [root, dataFolder] = [join(folder.path, 'work'), join(folder.path, 'data')]
    for (const each of [root, dataFolder]) await mkdir(each)
    await writeFile(join(root, 'f'), 'first')
    await using t = await openTestVfs({ '/m': new LocalBackend({ root, dataFolder }) }, { folder: dataFolder })
    const large = 'large'.repeat(300_000)
    const { change } = await t.write('/m/f', large)
    const later = await t.write('/m/f', 'last')
    await t.vfs.undo({ change: later.change! }, call)
    expect(await t.vfs.undo({ change: change! }, call)).toMatchObject({ conflicts: [] })
    expect(await t.text('/m/f')).toBe('first')
    await t.write('/m/f', large, other)
    await t.write('/m/f', 'last', other)
    expect(await t.vfs.undo({ session: 's2' }, call)).toMatchObject({ conflicts: [] })
    expect(await t.text('/m/f')).toBe('first')
  })

  test('takes along the folder that was made again for what was brought back', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const since = new Date(Date.now() - 1000)
    await t.vfs.mkdir(p('/m/a'), other)
    await t.write('/m/a/f', 'x')
    await t.vfs.undo({ path: p('/m/a'), since }, other)
    const { change } = await t.vfs.undo({ session: other.actor.session }, call) // of its undo the file alone: the folder was of its own making
    expect(await t.text('/m/a/f')).toBe('x')
    const all = await t.vfs.undo({ path: p('/m'), since }, call)
    expect(await t.names('/m')).toEqual([])
    await t.vfs.undo({ change: all.change! }, call)
    expect(await t.text('/m/a/f')).toBe('x')
    await expect(t.vfs.undo({ change: change! }, call)).resolves.toMatchObject({ conflicts: [] })
    expect(await t.names('/m')).toEqual([])
  })

  test('of a path finds in its way what came or went with a folder above, unless that cancels out', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const moments = [new Date(Date.now() - 1000)]
    await t.write('/m/a/b/f', 'x', { parents: true })
    moments.push(await between())
    const removed = await t.vfs.remove(p('/m/a'), { ...call, recursive: true })
    const since = (nth: number) => ({ path: p('/m/a/b'), since: moments[nth]! })
    const inTheWay = (change: string | null) => ({ change: null, undone: [], conflicts: [{ change, path: '/m/a' }] })
    expect(await t.vfs.undo(since(1), call)).toMatchObject(inTheWay(removed.change))
    moments.push(await between())
    const back = await t.vfs.undo({ change: removed.change! }, call)
    expect(await t.vfs.undo(since(2), call)).toMatchObject(inTheWay(back.change))
    expect(await t.vfs.undo(since(1), call)).toEqual({ change: null, undone: [], conflicts: [] })
    expect(await t.text('/m/a/b/f')).toBe('x')
    expect(await t.vfs.undo(since(0), call)).toMatchObject({ conflicts: [] })
    expect(await t.names('/m')).toEqual([])
  })

  test('of a session tells before it begins that what it would put back was taken away by what cancels out', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/f', 'ours')
    await t.write('/m/f', 'theirs', other)
    await t.vfs.undo({ path: p('/m/f'), since: new Date(Date.now() - 1000) }, call)
    await t.write('/m/f', 'new')
    expect(await t.vfs.undo({ session: 's1' }, call)).toMatchObject({ change: null, undone: [], conflicts: [{ path: '/m/f' }] })
    expect(await t.text('/m/f')).toBe('new')
  })

  test('of all takes back one by one what cancels out about a folder that went, and came on the way of something else', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const moments = [new Date(Date.now() - 1000)]
    await t.vfs.mkdir(p('/m/d'), other)
    moments.push(await between())
    await t.write('/m/d/f', 'x')
    moments.push(await between())
    await t.vfs.undo({ path: p('/m/d'), since: moments[0]! }, other)
    await t.vfs.undo({ session: 's2' }, call)
    for (const [since, files] of [
      [moments[1]!, []],
      [moments[2]!, ['f']],
    ] as const) {
      const { change, conflicts } = await t.vfs.undo({ path: p('/m'), since }, call)
      expect([conflicts, await t.names('/m'), await t.names('/m/d')]).toEqual([[], ['d'], files])
      await t.vfs.undo({ change: change! }, call)
      expect(await t.text('/m/d/f')).toBe('x')
    }
  })

  test('of a session tells before it begins that what it would bring back has no folder any more, but a file', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.vfs.mkdir(p('/m/d'), call)
    await t.write('/m/d/f', 'x', other)
    await t.vfs.undo({ path: p('/m/d'), since: new Date(Date.now() - 1000) }, call)
    await t.write('/m/d', 'theirs', other)
    await t.vfs.move(p('/m/d'), p('/m/e'), call)
    expect(await t.vfs.undo({ session: 's1' }, call)).toMatchObject({ change: null, conflicts: [{ path: '/m/d/f' }] })
    expect([await t.names('/m'), await t.text('/m/e')]).toEqual([['e'], 'theirs'])
  })

  test('of all looks at what stands only where no part of a newer change is taken back first', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const moments: Date[] = []
    await t.write('/m/b', 'old')
    moments.push(await between())
    await t.vfs.remove(p('/m/b'), call)
    await t.write('/m/z', 'z')
    moments.push(await between())
    await t.vfs.mkdir(p('/m/b'), call)
    moments.push(await between())
    await t.write('/m/c', 'c')
    for (const since of [moments[1]!, moments[0]!]) await t.vfs.undo({ path: p('/m'), since }, call)
    expect([await t.names('/m'), await t.text('/m/b')]).toEqual([['b'], 'old'])
    expect(await t.vfs.undo({ path: p('/m'), since: moments[2]! }, call)).toMatchObject({ conflicts: [] })
    expect([await t.names('/m'), await t.names('/m/b')]).toEqual([['b', 'z'], []])
  })

  test('of a session takes what it has made again together with its first making', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const { change } = await t.write('/m/d/f', 'x', { parents: true })
    const theirs = await t.vfs.undo({ change: change! }, other)
    const since = new Date()
    const ours = await t.vfs.undo({ change: theirs.change! }, call)
    expect(await t.vfs.undo({ session: 's1' }, call)).toMatchObject({ conflicts: [] })
    expect(await t.names('/m')).toEqual([])
    await expect(t.vfs.undo({ change: ours.change! }, call)).rejects.toMatchObject({ code: 'ALREADY_UNDONE' })
    expect(await t.vfs.undo({ path: p('/m'), since }, call)).toMatchObject({ conflicts: [] })
    expect(await t.names('/m')).toEqual([])
  })

  test('of a folder that was made on the way, removed and brought back leaves there what lies in it by now', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const { change } = await t.vfs.mkdir(p('/m/d/e'), { ...other, parents: true })
    const undo = await t.vfs.undo({ change: change! }, call)
    await t.vfs.undo({ change: undo.change! }, call)
    await t.write('/m/d/f', 'x')
    await t.vfs.undo({ session: 's2' }, call)
    expect([await t.names('/m/d'), await t.text('/m/d/f')]).toEqual([['f'], 'x'])
  })

  test('of a session makes a folder of its own again where what it brings back of others lay', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const since = new Date()
    await t.vfs.mkdir(p('/m/d/e'), { ...call, parents: true })
    await t.write('/m/f', 'moved', other)
    await t.vfs.move(p('/m/f'), p('/m/d/g'), other)
    await t.write('/m/d/f', 'x', other)
    const all = await t.vfs.undo({ path: p('/m'), since }, call)
    expect(await t.names('/m')).toEqual([])
    const { change } = await t.vfs.undo({ session: 's1' }, call)
    expect([await t.names('/m/d'), await t.text('/m/d/g')]).toEqual([['f', 'g'], 'moved'])
    await t.vfs.undo({ change: change! }, call)
    expect(await t.names('/m')).toEqual([])
    await expect(t.vfs.undo({ change: all.change! }, call)).resolves.toMatchObject({ conflicts: [] })
    expect(await t.names('/m/d')).toEqual(['e', 'f', 'g'])
  })

  test.each(['file', 'folder'])('of a removal goes on after it was undone, and that undone: a %s', async (kind) => {
    await using t = await openTestVfs({ '/m': {} })
    const path = kind === 'file' ? '/m/f' : '/m/d/f'
    const top = p(kind === 'file' ? '/m/f' : '/m/d')
    await t.write(path, 'content', { parents: true })
    const { change: removal } = await t.vfs.remove(top, { ...call, recursive: true })
    const kept = async (): Promise<string> => Buffer.from(await collect((await t.vfs.version(p(path), removal!, call)).read(), 100)).toString()
    for (let round = 0; round < 3; round++) {
      expect(await kept()).toBe('content')
      const back = await t.vfs.undo({ change: removal! }, call)
      expect(await t.text(path)).toBe('content')
      await expect(kept()).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' })
      await t.vfs.undo({ change: back.change! }, call)
      expect(await t.names('/m')).toEqual([])
    }
  })

  describe.each([
    ['memory', () => new MemoryBackend()],
    ['a folder of the disk', async () => (await site()).backend],
  ])('in %s knows a content again that it has put back itself', (_, make) => {
    test.each([
      ['its file was moved', '/m/f', '/m/f', '/m/g', '/m/g'],
      ['a folder above was moved', '/m/d/f', '/m/d', '/m/e', '/m/e/f'],
    ])('after %s, and removed', async (_why, file, from, to, removed) => {
      await using t = await openTestVfs({ '/m': await make() })
      await t.write(file, 'one', { parents: true, ...other })
      for (const words of ['two', 'two']) await t.write(file, words)
      await t.vfs.move(p(from), p(to), call)
      await t.vfs.remove(p(removed), call)
      let last = (await t.vfs.undo({ session: 's1' }, call)).change!
      for (let round = 0; round < 2; round++) {
        expect(await t.text(file)).toBe('one')
        last = (await t.vfs.undo({ change: last }, call)).change!
        expect(await t.vfs.stat(p(removed), call).catch((error: VfsError) => error.code)).toBe('NOT_FOUND')
        last = (await t.vfs.undo({ change: last }, call)).change!
      }
    })

    test('after its storage had copied it, and it was moved and replaced', async () => {
      await using t = await openTestVfs({ '/m': await make() })
      await t.write('/m/f', 'large'.repeat(400_000), other)
      await t.vfs.copy(p('/m/f'), p('/m/g'), call)
      await t.vfs.move(p('/m/g'), p('/m/h'), call)
      await t.write('/m/h', 'changed')
      const { change } = await t.vfs.undo({ session: 's1' }, call)
      expect(await t.names('/m')).toEqual(['f'])
      await t.vfs.undo({ change: change! }, call)
      expect([await t.names('/m'), await t.text('/m/h')]).toEqual([['f', 'h'], 'changed'])
    })

    test('after it was written anew and moved again, when all of it was undone and that too', async () => {
      await using t = await openTestVfs({ '/m': await make() })
      const since = new Date(Date.now() - 1000)
      for (const words of ['one', 'two']) await t.write('/m/f', words)
      await t.vfs.move(p('/m/f'), p('/m/g'), call)
      const { change } = await t.vfs.undo({ path: p('/m/f'), since }, call)
      await t.vfs.undo({ change: change! }, call)
      expect(await t.vfs.undo({ path: p('/m'), since }, call)).toMatchObject({ conflicts: [] })
      expect(await t.names('/m')).toEqual([])
    })

    test('after it was brought back, and removed and brought back once more', async () => {
      await using t = await openTestVfs({ '/m': await make() })
      const { change } = await t.write('/m/f', 'one', other)
      const removal = await t.vfs.undo({ change: change! }, other)
      await t.vfs.undo({ change: removal.change! }, call)
      const again = await t.vfs.undo({ change: change! }, other)
      await t.vfs.undo({ change: again.change! }, other)
      await t.write('/m/f', 'two')
      expect(await t.vfs.undo({ session: 's1' }, call)).toMatchObject({ conflicts: [] })
      expect(await t.names('/m')).toEqual([])
    })
  })

  test('of which a part fails takes back nothing: each of the changes can still be undone', async () => {
    const { backend, refused } = stubborn()
    await using t = await openTestVfs({ '/m': backend })
    for (const name of ['a', 'b', 'c']) await t.write(`/m/${name}`, name, other)
    const removals: (string | null)[] = []
    for (const name of ['a', 'b', 'c']) removals.push((await t.vfs.remove(p(`/m/${name}`), call)).change)
    await t.write('/m/d', 'first', other)
    await t.write('/m/d', 'second')
    refused.add('/a')
    await expect(t.vfs.undo({ session: 's1' }, call)).rejects.toMatchObject({ code: 'IO_ERROR' })
    expect([await t.names('/m'), await t.text('/m/d')]).toEqual([['d'], 'second'])
    refused.clear()
    const { undone } = await t.vfs.undo({ change: removals[2]! }, call)
    expect(undone).toMatchObject([{ path: '/m/c' }])
    expect(await t.vfs.undo({ session: 's1' }, call)).toMatchObject({ undone: [{ path: '/m/d' }, { path: '/m/b' }, { path: '/m/a' }], conflicts: [] })
    expect([await t.names('/m'), await t.text('/m/d'), await t.text('/m/b')]).toEqual([['a', 'b', 'c', 'd'], 'first', 'b'])
  })

  test('sees what a program outside has changed', async () => {
    const backend = new MemoryBackend()
    await using t = await openTestVfs({ '/m': backend })
    const { change } = await t.write('/m/f', 'ours')
    await backend.write(p('/f'), (async function* () { yield Buffer.from('theirs') })()) // prettier-ignore
    expect(await t.vfs.undo({ change: change! }, call)).toMatchObject({ change: null, conflicts: [{ path: '/m/f' }] })
    expect(await t.text('/m/f')).toBe('theirs')
  })

  test('shows with dry_run what it would do, and does not', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/f', 'x')
    expect(await t.vfs.undo({ session: 'current', dryRun: true }, call)).toMatchObject({ change: null, undone: [{ path: '/m/f' }], conflicts: [] })
    expect(await t.text('/m/f')).toBe('x')
  })

  test('of a path since a time takes back what happened in the mounts below it too, but for those that may only be read here', async () => {
    const theirs = new MemoryBackend()
    await using t = await openTestVfs({ '/top': {}, '/top/in': {}, '/m': {}, '/theirs': { backend: theirs } })
    await t.write('/m/kept', 'x')
    const since = await between()
    for (const path of ['/top/f', '/top/in/f', '/m/f', '/theirs/f']) await t.write(path, 'x')
    t.table.replace({ path: p('/theirs'), name: 'test', backend: theirs, readOnly: true })
    expect((await t.vfs.undo({ path: p('/'), since, dryRun: true }, call)).undone.map(({ path }) => path)).toEqual(['/m/f', '/top/in/f', '/top/f'])
    expect((await t.vfs.undo({ path: p('/top'), since }, call)).undone.map(({ path }) => path)).toEqual(['/top/in/f', '/top/f'])
    const { change } = await t.vfs.undo({ path: p('/'), since }, call)
    expect([await t.names('/m'), await t.names('/top'), await t.names('/top/in')]).toEqual([['kept'], ['in'], []])
    await t.vfs.undo({ change: change! }, call)
    expect(await t.names('/m')).toEqual(['f', 'kept'])
    await expect(t.vfs.undo({ path: p('/nowhere'), since }, call)).rejects.toMatchObject({ code: 'NOT_SERVED' })
  })

  test('of a path since a time leaves the rest alone', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/d/f', 'old', { parents: true })
    const { at } = (await t.vfs.history(p('/m/d/f'), { ...call, limit: 1 }))[0]!
    while (Date.now() <= at.getTime()); // the next change is of a later millisecond
    const since = new Date()
    await t.write('/m/d/f', 'new')
    await t.write('/m/d/g', 'new')
    await t.write('/m/other', 'new')
    await t.vfs.undo({ path: p('/m/d'), since }, call)
    expect(await t.names('/m/d')).toEqual(['f'])
    expect(await t.text('/m/d/f')).toBe('old')
    expect(await t.text('/m/other')).toBe('new')
  })

  test('brings back a folder that was removed with all it held', async () => {
    await using t = await openTestVfs({ '/m': {} })
    for (const name of ['a', 'b/c', 'b/d']) await t.write(`/m/d/${name}`, name, { parents: true })
    const { change } = await t.vfs.remove(p('/m/d'), { ...call, recursive: true })
    expect(await t.names('/m')).toEqual([])
    expect(await t.vfs.history(p('/m/d/b/c'), { ...call, limit: 1 })).toMatchObject([{ change, kind: 'remove' }])
    await t.vfs.undo({ change: change! }, call)
    expect(await t.text('/m/d/b/c')).toBe('b/c')
  })

  test('keeps a folder made on the way if it holds something by now', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const { change } = await t.write('/m/d/f', 'x', { parents: true })
    await t.write('/m/d/g', 'y', other)
    expect(await t.vfs.undo({ change: change! }, call)).toMatchObject({ conflicts: [] })
    expect(await t.names('/m/d')).toEqual(['g'])
  })

  test('takes back a copy that its storage made by itself, after what replaced it was undone', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/a', 'content')
    const copied = await t.vfs.copy(p('/m/a'), p('/m/b'), call)
    const replaced = await t.write('/m/b', 'another')
    await t.vfs.undo({ change: replaced.change! }, call)
    expect(await t.text('/m/b')).toBe('content')
    expect((await t.vfs.undo({ change: copied.change! }, call)).conflicts).toEqual([])
    expect(await t.names('/m')).toEqual(['a'])
    await t.vfs.copy(p('/m/a'), p('/m/c'), call)
    await t.write('/m/c', 'another')
    expect((await t.vfs.undo({ session: 'current' }, call)).conflicts).toEqual([])
    expect(await t.names('/m')).toEqual([])
  })

  test('of a path takes a move and its undo together as nothing, also when the other half of them was made again', async () => {
    await using t = await openTestVfs({ '/x': {}, '/y': {} })
    await t.write('/x/d/f', 'content', { parents: true })
    const later = async (): Promise<Date> => {
      const now = Date.now()
      await expect.poll(() => Date.now()).toBeGreaterThan(now + 1)
      return new Date()
    }
    const first = await later()
    const { change } = await t.vfs.move(p('/x/d'), p('/y/d'), call)
    const second = await later()
    await t.vfs.undo({ change: change! }, call)
    await t.vfs.undo({ path: p('/y'), since: second }, call)
    expect([await t.names('/x'), await t.text('/y/d/f')]).toEqual([['d'], 'content'])
    expect(await t.vfs.undo({ path: p('/x'), since: first }, call)).toMatchObject({ change: null, undone: [], conflicts: [] })
    expect(await t.text('/x/d/f')).toBe('content')
  })

  test('of a write whose file was removed while it waited puts back nothing', async () => {
    const memory = new MemoryBackend()
    let removing: (() => Promise<unknown>) | undefined
    const slow = forward(memory, {
      glance: async (...args) => {
        const found = await memory.glance(...args)
        const remove = removing
        removing = undefined
        await remove?.()
        return remove ? { ...found, content: Buffer.from('old') } : found
      },
    })
    await using t = await openTestVfs({ '/m': slow })
    await t.write('/m/f', 'old')
    removing = () => t.vfs.remove(p('/m/f'), other)
    const { change } = await t.write('/m/f', 'new')
    expect(t.journal.get(change!)).toMatchObject({ before: null, kept: null })
    await t.vfs.undo({ change: change! }, call)
    expect(await t.names('/m')).toEqual([])
    await t.vfs.undo({ session: 's2' }, call)
    expect(await t.text('/m/f')).toBe('old')
  })

  test('twice at the same time is done once', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/gone', 'x')
    const changes = [await t.vfs.mkdir(p('/m/d'), call), await t.write('/m/f', 'x'), await t.vfs.remove(p('/m/gone'), call)]
    for (const { change } of changes) {
      const both = await Promise.allSettled([t.vfs.undo({ change: change! }, call), t.vfs.undo({ change: change! }, call)])
      expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'ALREADY_UNDONE' } })
    }
    expect(await t.names('/m')).toEqual(['gone'])
  })

  test('of all takes along the folders that stayed when others of it were undone', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/d/kept', 'x', { parents: true })
    const since = new Date(Date.now() + 1)
    await expect.poll(() => Date.now()).toBeGreaterThan(since.getTime())
    await t.vfs.remove(p('/m/d'), { ...call, recursive: true })
    const first = await t.write('/m/d/e/f', '1', { parents: true })
    await t.write('/m/d/g', '2')
    await t.vfs.undo({ change: first.change! }, call)
    expect(await t.names('/m/d')).toEqual(['g'])
    expect((await t.vfs.undo({ path: p('/m'), since }, call)).conflicts).toEqual([])
    expect([await t.names('/m'), await t.names('/m/d'), await t.text('/m/d/kept')]).toEqual([['d'], ['kept'], 'x'])
    await t.vfs.undo({ session: 'current' }, call)
    expect(await t.names('/m')).toEqual([])
  })

  test('of a folder that holds something by now is refused alone, and leaves it there among others', async () => {
    const { backend, host } = await site()
    await using t = await openTestVfs({ '/m': backend })
    const { change } = await t.vfs.mkdir(p('/m/d'), call)
    await writeFile(host('d/outside'), 'x')
    await expect(t.vfs.undo({ change: change! }, call)).rejects.toMatchObject({ code: 'NOT_EMPTY' })
    await t.write('/m/f', 'x')
    await t.vfs.undo({ session: 'current' }, call)
    expect(await t.names('/m')).toEqual(['d'])
    await rm(host('d/outside'))
    await t.vfs.undo({ change: change! }, call)
    expect(await t.names('/m')).toEqual([])
  })

  test('of a folder that is gone already is refused alone, and no conflict among others', async () => {
    const { backend, host } = await site()
    await using t = await openTestVfs({ '/m': backend })
    const { change } = await t.vfs.mkdir(p('/m/d'), call)
    await t.write('/m/f', 'x')
    const undo = await t.vfs.undo({ change: change! }, other)
    await t.vfs.undo({ change: undo.change! }, call)
    await rmdir(host('d'))
    await expect(t.vfs.undo({ change: change! }, call)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect((await t.vfs.undo({ session: 'current' }, call)).conflicts).toEqual([])
    expect(await t.names('/m')).toEqual([])
  })

  test('takes back a move across mounts: the source comes back, the copy goes', async () => {
    await using t = await openTestVfs({ '/x': {}, '/y': {} })
    await t.write('/x/d/f', 'content', { parents: true })
    const { change } = await t.vfs.move(p('/x/d'), p('/y/d'), call)
    expect([await t.names('/x'), await t.text('/y/d/f')]).toEqual([[], 'content'])
    await t.vfs.undo({ change: change! }, call)
    expect([await t.text('/x/d/f'), await t.names('/y')]).toEqual(['content', []])
  })

  test('is refused twice, for an unknown change, without a session, and where the storage is gone', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const { change } = await t.write('/m/f', 'x')
    await t.vfs.undo({ change: change! }, call)
    await expect(t.vfs.undo({ change: change! }, call)).rejects.toMatchObject({ code: 'ALREADY_UNDONE' })
    await expect(t.vfs.undo({ change: 'c999999' }, call)).rejects.toMatchObject({ code: 'CHANGE_NOT_FOUND' })
    await expect(t.vfs.undo({ session: 'current' }, { actor: { client: 'x' } })).rejects.toMatchObject({ code: 'NO_SESSION' })
    await expect(t.vfs.undo({}, call)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const later = await t.write('/m/g', 'x')
    await t.vfs.unmount(p('/m'))
    await expect(t.vfs.undo({ change: later.change! }, call)).rejects.toMatchObject({ code: 'VOLUME_CHANGED', path: undefined })
  })
})

describe('versions', () => {
  test('every content that was replaced can be read and restored', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const changes: string[] = []
    for (const text of ['one', 'two', 'x'.repeat(100_000), 'four']) changes.push((await t.write('/m/f', text)).change!)
    const sizes = await Promise.all(changes.map(async (change) => (await t.vfs.version(p('/m/f'), change, call)).size))
    expect(sizes).toEqual([3, 3, 100_000, 4])
    await t.vfs.restore(p('/m/f'), changes[0]!, call)
    expect(await t.text('/m/f')).toBe('one')
  })

  test('of a removed file, and of a file in a removed folder, come from the trash', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/d/f', 'content', { parents: true })
    const { change } = await t.vfs.remove(p('/m/d'), { ...call, recursive: true })
    await t.vfs.restore(p('/m/d/f'), change!, call)
    expect(await t.text('/m/d/f')).toBe('content')
  })

  test('are refused for another path, an unknown change, and where nothing was', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const { change } = await t.write('/m/f', 'x')
    await t.write('/m/g', 'x')
    await expect(t.vfs.version(p('/m/g'), change!, call)).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' })
    await expect(t.vfs.version(p('/m/f'), change!, { ...call, replaced: true })).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' })
    await expect(t.vfs.version(p('/m/f'), 'c999999', call)).rejects.toMatchObject({ code: 'CHANGE_NOT_FOUND' })
  })

  test('are not kept where a person said so, and then undo is refused', async () => {
    await using t = await openTestVfs({ '/m': { versions: 'off' } })
    await t.write('/m/f', 'one')
    const { change } = await t.write('/m/f', 'two')
    await expect(t.vfs.undo({ change: change! }, call)).resolves.toMatchObject({ change: null, conflicts: [{ path: '/m/f' }] })
  })
})
