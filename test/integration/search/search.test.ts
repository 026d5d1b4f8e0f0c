import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Backend, Bytes } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { VfsError } from '../../../src/core/error.ts'
import { ROOT, vfsPath } from '../../../src/core/path.ts'
import { UnavailableBackend } from '../../../src/layers/unavailable.ts'
import { BOUNDS } from '../../../src/search/limits.ts'
import type { Query } from '../../../src/search/run.ts'
import { Search } from '../../../src/search/search.ts'
import type { Searchable } from '../../../src/search/types.ts'
import { searchable } from '../../support/searchable.ts'

const search = new Search()
afterAll(() => search[Symbol.asyncDispose]())

const ALL: Query = { pattern: 'hit', path: ROOT, output: 'lines', context: 0, ignoreCase: false, literal: false, ignored: true, limit: 1e9 }
const actor = { client: 'test', session: 's1' }
const query = (more: Partial<Query> = {}): Query => ({ ...ALL, ...more })

async function memoryOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<MemoryBackend> {
  const memory = new MemoryBackend()
  for (const [path, content] of Object.entries(files)) await memory.write(vfsPath(path), bytesOf(content))
  return memory
}

async function hits(vfs: Searchable, more: Partial<Query> = {}): Promise<string[]> {
  const found = await Array.fromAsync(search.hits(vfs, query(more), { actor }))
  return found.map((one) => ('line' in one ? `${one.path}:${one.line}` : one.path))
}

/** A backend whose reads do something else. */
function withRead(backend: MemoryBackend, read: (bytes: Bytes, path: string) => Bytes): Backend {
  return new Proxy(backend, {
    get(target, key) {
      if (key === 'read') return (...args: Parameters<Backend['read']>) => read(target.read(...args), args[0])
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

async function folder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'polymount-search-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

describe('what is searched', () => {
  test('a single file, a folder, or what a glob of the folder means', async () => {
    const memory = new MemoryBackend()
    for (const path of ['/a', '/a/b']) await memory.mkdir(vfsPath(path))
    for (const path of ['/a/x.ts', '/a/b/y.ts', '/a/b/y.js', '/z.ts']) await memory.write(vfsPath(path), bytesOf('hit'))
    const vfs = searchable(memory)
    expect(await hits(vfs)).toEqual(['/a/b/y.js:1', '/a/b/y.ts:1', '/a/x.ts:1', '/z.ts:1'])
    expect(await hits(vfs, { path: vfsPath('/a/b/y.ts') })).toEqual(['/a/b/y.ts:1'])
    expect(await hits(vfs, { path: vfsPath('/a'), glob: '*.ts' })).toEqual(['/a/b/y.ts:1', '/a/x.ts:1'])
    expect(await hits(vfs, { path: vfsPath('/a'), glob: 'b/*.ts' })).toEqual(['/a/b/y.ts:1'])
  })

  test('nothing where there is nothing, but not in silence', async () => {
    const vfs = searchable(await memoryOf({}))
    expect(await hits(vfs)).toEqual([])
    await expect(hits(vfs, { pattern: '(' })).rejects.toMatchObject({ code: 'INVALID_PATTERN', message: expect.stringContaining('unclosed group') })
    await expect(hits(vfs, { path: vfsPath('/gone') })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(hits(vfs, { glob: '[' })).rejects.toMatchObject({ code: 'INVALID_PATTERN' })
  })

  test('thousands of files in their order, and a file of many pieces among them', async () => {
    const files = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`/f${String(i).padStart(4, '0')}`, `a\n${i % 7 === 0 ? 'hit' : 'no'}\n`]))
    const big = `${'filler line\n'.repeat(600_000)}hit`
    const vfs = searchable(await memoryOf({ ...files, '/f1000big': big }))
    const expected = Object.keys(files)
      .filter((_, i) => i % 7 === 0)
      .map((path) => `${path}:2`)
    expected.splice(Math.ceil(1_001 / 7), 0, '/f1000big:600001')
    expect(await hits(vfs)).toEqual(expected)
    expect(await hits(vfs, { output: 'files', pattern: '^filler' })).toEqual(['/f1000big'])
  })

  test('not on behalf of the session', async () => {
    const vfs = searchable(await memoryOf({ '/a': 'hit' }))
    const sessions: unknown[] = []
    const open: Searchable['open'] = (path, call) => {
      sessions.push(call.actor.session)
      return vfs.open(path, call)
    }
    expect(await hits({ ...vfs, open })).toEqual(['/a:1'])
    expect(sessions).toEqual([undefined])
  })

  test('storage that hands out its own memory keeps it', async () => {
    const memory = await memoryOf({ '/a': 'hit' })
    expect(await hits(searchable(memory))).toEqual(['/a:1'])
    expect(Buffer.concat(await Array.fromAsync(memory.read(vfsPath('/a')))).toString()).toBe('hit')
  })
})

describe('files that cannot be searched are counted', () => {
  test('binary ones, ones with a line too long, ones that fail to open or on the way', async () => {
    const memory = await memoryOf({ '/binary': 'hit\0', '/fine': 'hit', '/gone': 'hit', '/long': 'x'.repeat(2 ** 24 + 1), '/torn': 'hit\n'.repeat(2 ** 20) })
    const vfs = searchable(
      withRead(memory, async function* (bytes, path) {
        yield* bytes
        if (path === '/torn') throw new VfsError('IO_ERROR', 'broken')
      }),
    )
    const open: Searchable['open'] = async (path, call) => {
      if (path === '/gone') throw new VfsError('NOT_FOUND', 'gone')
      return vfs.open(path, call)
    }
    const found = search.hits({ ...vfs, open }, query(), { actor })
    expect((await Array.fromAsync(found)).map(({ path }) => path)).toEqual(['/fine'])
    expect(found.tally).toMatchObject({ files: 5, binary: 1, unreadable: 2, long_line: 1 })
  })
})

test('a mount that is down is counted, and keeps nothing from the others', async () => {
  const vfs = searchable({
    '/a': await memoryOf({ '/f': 'hit' }),
    '/b': new UnavailableBackend('s3', new Error('down')),
    '/c': await memoryOf({ '/f': 'hit' }),
  })
  const found = search.hits(vfs, query(), { actor })
  expect((await Array.fromAsync(found)).map(({ path }) => path)).toEqual(['/a/f', '/c/f'])
  expect(found.tally).toMatchObject({ files: 2, unreadable: 1 })
  await expect(hits(vfs, { path: vfsPath('/b') })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

describe('threads read local files by themselves', () => {
  test('and leave to the VFS what lies behind a link', async () => {
    await using disk = await folder()
    await mkdir(join(disk.path, 'real/deep'), { recursive: true })
    await writeFile(join(disk.path, 'real/deep/file'), 'one\nhit')
    await writeFile(join(disk.path, 'real/second'), 'hit')
    await symlink('real', join(disk.path, 'link'))
    await using local = new LocalBackend({ root: disk.path })
    const vfs = searchable(local)
    let opened = 0
    const open: Searchable['open'] = (path, call) => {
      opened++
      return vfs.open(path, call)
    }
    expect(await hits({ ...vfs, open })).toEqual(['/real/deep/file:2', '/real/second:1'])
    expect(opened).toBe(0)
    expect(await hits({ ...vfs, open }, { path: vfsPath('/link') })).toEqual(['/link/deep/file:2', '/link/second:1'])
    expect(opened).toBe(2)
  })
})

function* forever<T>(items: readonly T[]): Generator<T> {
  for (;;) yield* items
}

/** Letters a and b in no order: an engine that makes states as it meets them meets new ones without end. */
function noise(length: number): string {
  let seed = 1
  return Array.from({ length }, () => ((seed = (seed * 48_271) % 0x7fffffff) & 1 ? 'a' : 'b')).join('')
}

describe('what a rule hides is not found', () => {
  test('whichever mount shows it', async () => {
    await using disk = await folder()
    await mkdir(join(disk.path, 'inner/secret'), { recursive: true })
    await mkdir(join(disk.path, 'other'))
    for (const path of ['inner/secret/key', 'inner/open', 'other/open']) await writeFile(join(disk.path, path), 'hit')
    await using outer = new LocalBackend({ root: disk.path })
    await using inner = new LocalBackend({ root: join(disk.path, 'inner') })
    await using deep = new LocalBackend({ root: join(disk.path, 'inner/secret') })
    await using apart = new LocalBackend({ root: join(disk.path, 'other') })
    const mounts = { '/outer': outer, '/inner': inner, '/deep': deep, '/apart': apart }
    expect(await hits(searchable(mounts, { deny: ['/outer/inner/secret'] }))).toEqual([
      '/apart/open:1',
      '/inner/open:1',
      '/outer/inner/open:1',
      '/outer/other/open:1',
    ])
    expect(await hits(searchable(mounts, { deny: ['key'] }))).toEqual(['/apart/open:1', '/inner/open:1', '/outer/inner/open:1', '/outer/other/open:1'])
  })

  test('and a storage that no other mount shows is still read by threads', async () => {
    await using disk = await folder()
    await mkdir(join(disk.path, 'a'))
    await mkdir(join(disk.path, 'b'))
    await writeFile(join(disk.path, 'a/open'), 'hit')
    await writeFile(join(disk.path, 'a/secret'), 'hit')
    await using a = new LocalBackend({ root: join(disk.path, 'a') })
    await using b = new LocalBackend({ root: join(disk.path, 'b') })
    const vfs = searchable({ '/a': a, '/b': b }, { deny: ['secret'] })
    const open: Searchable['open'] = () => expect.fail('opened by the VFS')
    expect(await hits({ ...vfs, open }, { path: vfsPath('/a') })).toEqual(['/a/open:1'])
  })
})

describe('where it stops', () => {
  /** More files than a first batch has, and one that never ends. */
  const endless = async (): Promise<Searchable> => {
    const files = Array.from({ length: 64 }, (_, i) => [`/${i}`, 'hit'] as const)
    const memory = await memoryOf({ ...Object.fromEntries(files), '/big': `${'x'.repeat(99)}\n`.repeat(20_000) })
    return searchable(
      withRead(memory, async function* (bytes, path) {
        const parts = await Array.fromAsync(bytes)
        yield* path === '/big' ? forever(parts) : parts
      }),
    )
  }

  test('when the caller has enough', async () => {
    const found = search.hits(await endless(), query(), { actor })
    for await (const one of found) {
      expect(one.path).toBe('/0')
      break
    }
    expect(await hits(searchable(await memoryOf({ '/a': 'hit' })))).toEqual(['/a:1'])
  })

  test('when the call is cancelled, and the next search finds what it should', async () => {
    const stop = new AbortController()
    const found = search.hits(await endless(), query({ pattern: 'nowhere' }), { actor, signal: stop.signal, onProgress: () => stop.abort() })
    await expect(Array.fromAsync(found)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await hits(searchable(await memoryOf({ '/a': 'hit' })))).toEqual(['/a:1'])
  })

  test('when a pattern keeps the engine busy, by ending its thread', async () => {
    const vfs = searchable(await memoryOf({ '/a': noise(2 ** 19) }))
    await hits(vfs) // the engine and its thread are there: from here on only a search takes time
    const stop = new AbortController()
    const before = othersTime()
    const all = Array.fromAsync(search.hits(vfs, query({ pattern: '[ab]*a[ab]{2000}[^ab]' }), { actor, signal: stop.signal }))
    while (othersTime() - before < 200_000) await breathe()
    stop.abort()
    await expect(all).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await hits(searchable(await memoryOf({ '/a': 'hit' })))).toEqual(['/a:1'])
  })

  test('when the time is up, with what there is', async () => {
    const late = new AbortController()
    await using hurried = new Search({ ...BOUNDS, deadline: () => late.signal })
    const vfs = await endless()
    const found = hurried.hits(vfs, query(), { actor })
    let hitsInTime = 0
    for await (const _ of found) if (++hitsInTime === 64) late.abort()
    expect(hitsInTime).toBe(64)
    expect(found.tally).toMatchObject({ stopped: 'time', files: 64 })
    await expect(Array.fromAsync(hurried.hits(vfs, query(), { actor }))).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  test('when the budget of a remote storage is spent, and it says what is left', async () => {
    await using thrifty = new Search({ ...BOUNDS, remoteBytes: 1_000 })
    const vfs = searchable(await memoryOf(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`/f${i + 10}`, `hit${'x'.repeat(97)}`]))))
    const near = thrifty.hits(vfs, query(), { actor })
    expect(await Array.fromAsync(near)).toHaveLength(30)
    const far = thrifty.hits({ ...vfs, mounts: async () => (await vfs.mounts()).map((mount) => ({ ...mount, scheme: 's3' })) }, query(), { actor })
    expect(await Array.fromAsync(far)).toHaveLength(11)
    expect(far.tally).toMatchObject({ stopped: 'budget', files: 11, rest: 19, reached: '/f20' })
  })
})

test('many searches at once share the workers', async () => {
  const vfs = searchable(await memoryOf(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`/f${i}`, `word${i % 20}\n`]))))
  const words = Array.from({ length: 20 }, (_, i) => `word${i}\\b`)
  const all = await Promise.all(words.map((pattern) => hits(vfs, { pattern })))
  expect(all.map((found) => found.length)).toEqual(words.map(() => 10))
})

/** Microseconds that all threads but this one have worked. */
function othersTime(): number {
  const [all, own] = [process.cpuUsage(), process.threadCpuUsage()]
  return all.user + all.system - own.user - own.system
}
