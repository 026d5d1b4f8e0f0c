import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { setImmediate as turn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Bytes, Stat } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { VfsError } from '../../../src/core/error.ts'
import { compareNames, vfsPath as p } from '../../../src/core/path.ts'
import type { CopyIntoCall, Progress } from '../../../src/vfs/types.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'

/** Counts what is asked of it. */
class Watched extends MemoryBackend {
  writes: string[] = []
  reads: string[] = []

  override async write(...[path, source, options]: Parameters<MemoryBackend['write']>): Promise<Stat> {
    this.writes.push(path)
    return super.write(path, source, options)
  }

  override read(...[path, options]: Parameters<MemoryBackend['read']>): Bytes {
    this.reads.push(path)
    return super.read(path, options)
  }

  forget(): void {
    this.writes = []
    this.reads = []
  }
}

/** Fails or lies at the write of some names. */
class Fussy extends Watched {
  override async write(...[path, source, options]: Parameters<MemoryBackend['write']>): Promise<Stat> {
    if (path.includes('bad')) throw new VfsError('IO_ERROR', 'a bad sector')
    return super.write(path, path.includes('lie') ? flipped(source) : source, options)
  }
}

async function* flipped(source: Bytes): Bytes {
  for await (const part of source) yield part.map((byte) => byte ^ 1)
}

const PLANNER = fileURLToPath(new URL('../../support/many-planner.ts', import.meta.url))
const HEAP_MB = 32

const tree = ['a', 'b/c', 'b/d', 'e/f/g']

async function planted(names: readonly string[] = tree) {
  const [from, to] = [new Watched(), new Fussy()]
  const t = await openTestVfs({ '/x': from, '/y': to })
  for (const name of names) await t.write(`/x/src/${name}`, name, { parents: true })
  from.forget()
  return Object.assign(t, { from, to, into: (options: Partial<CopyIntoCall> = {}) => t.vfs.copyInto(p('/x/src'), p('/y/dst'), { ...call, ...options }) })
}

const files = async (t: TestVfs, top: string): Promise<string[]> =>
  (await Array.fromAsync(t.vfs.walk(p(top), call))).filter(({ kind }) => kind === 'file').map(({ path }) => path.slice(top.length + 1))

/** Once it has been listed something is done to it. */
function after(backend: MemoryBackend, work: () => Promise<void>): void {
  const list = backend.list.bind(backend)
  backend.list = async function* (...args) {
    yield* list(...args)
    await work()
  }
}

describe('a copy into a folder', () => {
  test('reads back what it wrote, unless that is not wanted', async () => {
    await using t = await planted(['a', 'lie'])
    expect((await t.into()).failed).toMatchObject([{ path: '/x/src/lie' }])
    t.to.forget()
    expect(await t.into({ verify: false })).toMatchObject({ copied: 1, skipped: 1, failed: [] })
    expect(t.to.reads).toEqual([])
  })

  test('makes what is missing, is one change, and is undone as one', async () => {
    await using t = await planted()
    const { change, ...rest } = await t.into()
    expect(rest).toEqual({ copied: 4, skipped: 0, bytes: 12, failed: [], failedMore: 0, linksLeftOut: 0 })
    expect(await files(t, '/y/dst')).toEqual(tree)
    await t.vfs.undo({ change: change! }, call)
    expect(await t.names('/y')).toEqual([])
  })

  test('again with nothing changed reads and writes no file, and is no change', async () => {
    await using t = await planted()
    await t.into()
    t.from.forget()
    t.to.forget()
    expect(await t.into()).toMatchObject({ change: null, copied: 0, skipped: 4, bytes: 0 })
    expect([t.from.reads, t.to.reads, t.to.writes]).toEqual([[], [], []])
  })

  test('leaves files that others brought alone if they hold the same, and reads them for that only once', async () => {
    await using t = await planted()
    await t.write('/y/dst/a', 'a', { parents: true })
    await t.to.mkdir(p('/dst/b'))
    await t.to.write(p('/dst/b/c'), bytesOf(Buffer.from('b/c')))
    expect(await t.into()).toMatchObject({ copied: 2, skipped: 2 })
    t.to.forget()
    expect(await t.into()).toMatchObject({ copied: 0, skipped: 4 })
    expect(t.to.reads).toEqual([])
  })

  test('replaces a file of the same size and time that holds something else, and undo brings that back', async () => {
    await using t = await planted()
    const { modified } = await t.from.stat(p('/src/a'))
    await t.to.mkdir(p('/dst'))
    await t.to.write(p('/dst/a'), bytesOf(Buffer.from('z')), { modified })
    await t.to.write(p('/dst/own'), bytesOf(Buffer.from('own')))
    const { change } = await t.into()
    expect(await t.text('/y/dst/a')).toBe('a')
    await t.vfs.undo({ change: change! }, call)
    expect([await t.text('/y/dst/a'), await files(t, '/y/dst')]).toEqual(['z', ['a', 'own']])
  })

  test('tells what fails and goes on; the change is partial, and undone as well', async () => {
    await using t = await planted([...tree, 'b/bad', 'lie'])
    const { change, ...rest } = await t.into()
    expect(rest).toMatchObject({ copied: 4, failedMore: 0 })
    expect(rest.failed.map(({ path, code }) => `${path} ${code}`).toSorted(compareNames)).toEqual(['/x/src/b/bad IO_ERROR', '/x/src/lie CONTENT_DAMAGED'])
    expect(await files(t, '/y/dst')).toEqual(tree) // what did not read back as it was written is gone again
    await t.journal.settled()
    expect(t.journal.get(change!)).toMatchObject({ state: 'partial', reason: expect.stringContaining('2 failed') })
    expect((await t.vfs.undo({ change: change! }, call)).conflicts).toEqual([])
    expect(await t.names('/y')).toEqual([])
  })

  test('lists a hundred failures and counts the rest', async () => {
    await using t = await planted(Array.from({ length: 130 }, (_, i) => `bad${i}`))
    const { failed, failedMore } = await t.into()
    expect([failed.length, failedMore]).toEqual([100, 30])
  })

  test('of which nothing could be copied leaves a partial change without parts, and the rest as it was', async () => {
    await using t = await planted(['bad'])
    await t.into()
    expect(await files(t, '/y')).toEqual([])
  })

  test('where a file and a folder meet tells it and enters neither', async () => {
    await using t = await planted()
    await t.write('/y/dst/b', 'a file', { parents: true })
    await t.vfs.mkdir(p('/y/dst/a'), call)
    const { failed, copied } = await t.into()
    expect(failed.map(({ path, code }) => [path, code])).toEqual([
      ['/x/src/a', 'IS_DIRECTORY'],
      ['/x/src/b', 'NOT_DIRECTORY'],
    ])
    expect([copied, await t.text('/y/dst/b')]).toEqual([1, 'a file'])
  })

  test('shown only changes nothing', async () => {
    await using t = await planted()
    await t.write('/y/dst/a', 'a', { parents: true })
    t.to.forget()
    expect(await t.into({ dryRun: true })).toMatchObject({
      change: null,
      copied: 3,
      skipped: 1,
      bytes: 11,
      planned: ['/x/src/b/c', '/x/src/b/d', '/x/src/e/f/g'],
    })
    expect([t.to.writes, await files(t, '/y/dst')]).toEqual([[], ['a']])
  })

  test('of 200,000 files is planned within a heap that holds a fraction of them', async () => {
    const planner = [`--max-old-space-size=${HEAP_MB}`, '--import', 'tsx', PLANNER, '200000']
    expect((await promisify(execFile)(process.execPath, planner)).stdout).toBe('200000\n')
  })

  test('takes what is chosen, and makes only the folders that are needed', async () => {
    await using t = await planted()
    await t.into({ include: ['g'] })
    expect([await files(t, '/y/dst'), await t.names('/y/dst')]).toEqual([['e/f/g'], ['e']])
  })

  test('of one file writes that path', async () => {
    await using t = await planted()
    expect(await t.vfs.copyInto(p('/x/src/a'), p('/y/deep/er/a'), call)).toMatchObject({ copied: 1, bytes: 1 })
    expect(await t.vfs.copyInto(p('/x/src/a'), p('/y/deep/er/a'), call)).toMatchObject({ copied: 0, skipped: 1, change: null })
  })

  test('goes into a whole mount too', async () => {
    await using t = await planted()
    expect(await t.vfs.copyInto(p('/x'), p('/y'), call)).toMatchObject({ copied: 4 })
    expect(await files(t, '/y/src')).toEqual(tree)
  })

  test('tells a source and a destination that changed after they were listed, and writes neither', async () => {
    await using t = await planted(['a', 'b', 'c'])
    await t.write('/y/dst/b', 'older', { parents: true })
    after(t.from, async () => void (await t.from.write(p('/src/a'), bytesOf(Buffer.from('changed')))))
    after(t.to, async () => {
      for (const name of ['b', 'c']) await t.to.write(p(`/dst/${name}`), bytesOf(Buffer.from('by others')))
    })
    const { failed, copied } = await t.into({ concurrency: 1 })
    expect([copied, failed.map(({ path, code }) => [path, code])]).toEqual([0, [['/x/src/a', 'CONFLICT'], ['/x/src/b', 'CONFLICT'], ['/x/src/c', 'CONFLICT']]]) // prettier-ignore
    expect([await t.text('/y/dst/b'), await t.text('/y/dst/c')]).toEqual(['by others', 'by others'])
  })

  test('that is cancelled keeps what is whole, and the same call goes on', async () => {
    await using t = await planted(Array.from({ length: 50 }, (_, i) => `${i}`))
    const cancel = new AbortController()
    const onProgress = ({ files: done }: Progress): void => { if (done === 20) cancel.abort() } // prettier-ignore
    await expect(t.into({ signal: cancel.signal, onProgress })).rejects.toMatchObject({ code: 'CANCELLED' })
    const [last] = await t.vfs.history(p('/y/dst'), { ...call, limit: 1 })
    expect(last).toMatchObject({ kind: 'copy', state: 'partial' })
    const there = (await files(t, '/y/dst')).length
    expect(there).toBeGreaterThanOrEqual(20)
    expect(await t.into()).toMatchObject({ copied: 50 - there, skipped: there })
    for (const name of await files(t, '/y/dst')) expect(await t.text(`/y/dst/${name}`)).toBe(name)
  })

  test('asks a storage for no more files at once than it may', async () => {
    await using t = await planted(Array.from({ length: 150 }, (_, i) => `${i}`))
    const large = Buffer.alloc(100_000)
    for (const name of ['large1', 'large2', 'large3']) await t.from.write(p(`/src/${name}`), bytesOf(large))
    let [writing, most] = [0, 0]
    const write = t.to.write.bind(t.to)
    t.to.write = async (...args) => {
      most = Math.max(most, ++writing)
      await turn()
      return write(...args).finally(() => writing--)
    }
    expect(await t.into({ concurrency: 5 })).toMatchObject({ copied: 153, failed: [] })
    expect(most).toBe(5)
  })

  test('lets others write beside it while it runs, and holds what it writes', async () => {
    await using t = await planted(['a', 'slow'])
    const reached = Promise.withResolvers<void>()
    const others = Promise.withResolvers<void>()
    const write = t.to.write.bind(t.to)
    t.to.write = async (path, ...rest) => {
      if (path === '/dst/slow') {
        reached.resolve()
        await others.promise
      }
      return write(path, ...rest)
    }
    const copying = t.into()
    await reached.promise
    await t.write('/y/dst/own', 'own')
    const waiting = t.write('/y/dst/slow', 'theirs')
    others.resolve()
    expect(await copying).toMatchObject({ copied: 2, failed: [] })
    await waiting
    expect([await t.text('/y/dst/own'), await t.text('/y/dst/slow')]).toEqual(['own', 'theirs'])
  })

  test('twice at the same time into the same folder brings each file once', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `d${i % 4}/${i}`)
    await using t = await planted(names)
    const [one, two] = await Promise.all([t.into(), t.into()])
    expect(one.copied + two.copied).toBe(40)
    expect((await files(t, '/y/dst')).toSorted()).toEqual(names.toSorted())
    for (const { code } of [...one.failed, ...two.failed]) expect(code).toBe('CONFLICT')
    expect(await t.into()).toMatchObject({ copied: 0, skipped: 40 })
  })

  test('tells how far it is: rising numbers, and what is left', async () => {
    await using t = await planted()
    const seen: Progress[] = []
    await t.into({ onProgress: (progress) => seen.push(progress) })
    for (const [i, each] of seen.entries()) {
      expect(each.bytes).toBeGreaterThanOrEqual(seen[i - 1]?.bytes ?? 0)
      expect(each.files).toBeGreaterThanOrEqual(seen[i - 1]?.files ?? 0)
    }
    expect(seen.at(-1)).toMatchObject({ bytes: 12, files: 4, total: { bytes: 12, files: 4 }, secondsLeft: 0 })
  })
})
