import { lstat, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Bytes, Capabilities, Glance, Stat, Trash } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { forward } from '../../../src/layers/forward.ts'
import { Sticky } from '../../support/sticky.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

const LARGE = 17 << 20 // beyond what is kept by reading it into memory

/** A storage that another program writes to, just before each of our first writes. */
class Contested extends MemoryBackend {
  disturbances = 0
  override async write(...[path, source, options]: Parameters<MemoryBackend['write']>): Promise<Stat> {
    if (options?.id !== undefined && this.disturbances-- > 0) await super.write(path, bytesOf(`theirs ${this.disturbances}`))
    return super.write(path, source, options)
  }
}

/** A storage that has nothing at a path while a file is replaced, which another program does between our first look at one and our reading of it. */
class Replacing extends MemoryBackend {
  replacements = 0
  override async glance(...[path, { signal }]: Parameters<MemoryBackend['glance']>): Promise<Glance> {
    return { stat: await this.stat(path, { signal }) }
  }
  override async *read(...[path, options]: Parameters<MemoryBackend['read']>): Bytes {
    const isReplaced = this.replacements-- > 0
    if (isReplaced) await super.remove(path)
    try {
      yield* super.read(path, options)
    } finally {
      if (isReplaced) await super.write(path, bytesOf(`theirs ${this.replacements}`))
    }
  }
}

/** A storage without a place for what is removed. */
class Trashless extends MemoryBackend {
  override readonly capabilities: Capabilities = Object.freeze({ ...new MemoryBackend().capabilities, trash: false })
  override readonly trash: Trash = undefined as never
  unreadable = false
  override read(...given: Parameters<MemoryBackend['read']>): Bytes {
    if (this.unreadable) throw new VfsError('IO_ERROR', 'a bad sector')
    return super.read(...given)
  }
}

/** Says after a write that it does not know. */
class Silent extends MemoryBackend {
  override async write(...given: Parameters<MemoryBackend['write']>): Promise<Stat> {
    await super.write(...given)
    throw new VfsError('OUTCOME_UNKNOWN', 'no answer came')
  }
}

const large = async function* (letter: string): Bytes {
  for (let i = 0; i < LARGE; i += 1 << 20) yield Buffer.alloc(1 << 20, letter)
}

describe('what is replaced is kept', () => {
  test('as it is at that moment, if a program outside writes in between', async () => {
    const backend = new Contested()
    await using t = await openTestVfs({ '/m': backend })
    await t.write('/m/f', 'before')
    backend.disturbances = 2
    const { change } = await t.write('/m/f', 'after', { actor: { client: 'another' } })
    expect(await t.text('/m/f')).toBe('after')
    await t.vfs.undo({ change: change! }, call)
    expect(await t.text('/m/f')).toBe('theirs 0')
  })

  test('and the writer gives up if it never gets its turn', async () => {
    const backend = new Contested()
    await using t = await openTestVfs({ '/m': backend })
    await t.write('/m/f', 'before')
    backend.disturbances = 99
    await expect(t.write('/m/f', 'after')).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('a CONFLICT is told if what came in between is not what the caller expects', async () => {
    const backend = new Contested()
    await using t = await openTestVfs({ '/m': backend })
    const { stat } = await t.write('/m/f', 'before')
    backend.disturbances = 1
    await expect(t.write('/m/f', 'after', { ifMatch: stat!.etag })).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await t.text('/m/f')).toBe('theirs 0')
  })

  test('a large file of the disk without being read, and it comes back whole', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'polymount-keep-'))
    const backend = new LocalBackend({ root: folder })
    await using t = await openTestVfs({ '/m': backend })
    await t.vfs.write(p('/m/f'), large('a'), call)
    const { change } = await t.write('/m/f', 'small')
    expect(await t.vfs.history(p('/m/f'), { ...call, limit: 1 })).toMatchObject([{ kept: { in: 'trash' }, before: { size: LARGE } }])
    const version = await t.vfs.version(p('/m/f'), change!, { ...call, replaced: true })
    expect(version.size).toBe(LARGE)
    await t.vfs.undo({ change: change! }, call)
    expect((await readFile(join(folder, 'f'))).equals(Buffer.alloc(LARGE, 'a'))).toBe(true)
    await rm(folder, { recursive: true })
  })

  test('a large file of the disk that a program outside replaces meanwhile, as it is then', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'polymount-keep-'))
    const local = new LocalBackend({ root: folder })
    let disturbances = 1
    const write: LocalBackend['write'] = async (...given) => {
      if (disturbances-- > 0) await rename(join(folder, 'theirs'), join(folder, 'f'))
      return local.write(...given)
    }
    await using t = await openTestVfs({ '/m': forward(local, { write }) })
    for (const name of ['f', 'theirs']) await writeFile(join(folder, name), Buffer.alloc(LARGE, name))
    const { change } = await t.write('/m/f', 'small')
    await t.vfs.undo({ change: change! }, call)
    expect((await readFile(join(folder, 'f'))).equals(Buffer.alloc(LARGE, 'theirs'))).toBe(true)
    await rm(folder, { recursive: true })
  })

  test('what another program replaced between a look and the reading, as it is then', async () => {
    const backend = new Replacing()
    await using t = await openTestVfs({ '/m': backend })
    const first = await t.write('/m/f', 'before')
    backend.replacements = 2
    const { change } = await t.write('/m/f', 'ours', { ifMatch: '*' })
    await t.vfs.undo({ change: change! }, call)
    expect(await t.text('/m/f')).toBe('theirs 0')
    backend.replacements = 1
    const now = await t.vfs.stat(p('/m/f'), call)
    await expect(t.write('/m/f', 'ours', { ifMatch: now.etag })).rejects.toMatchObject({ code: 'CONFLICT', details: { expected: now.etag } })
    expect(now.etag).not.toBe(first.stat?.etag)
  })

  test('and is not kept if nothing replaced it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'polymount-keep-'))
    const local = new LocalBackend({ root: folder })
    const write = () => Promise.reject(new VfsError('IO_ERROR', 'a bad sector'))
    await using t = await openTestVfs({ '/m': forward(local, { write }) })
    await writeFile(join(folder, 'f'), Buffer.alloc(LARGE, 'f'))
    await expect(t.write('/m/f', 'small')).rejects.toMatchObject({ code: 'IO_ERROR' })
    expect((await lstat(join(folder, 'f'))).nlink).toBe(1)
    expect((await readdir(folder, { recursive: true })).filter((name) => /\/c\w+$/.test(name))).toEqual([])
    await rm(folder, { recursive: true })
  })

  test('a large file of a storage without trash by its blocks', async () => {
    await using t = await openTestVfs({ '/m': new Trashless() })
    await t.vfs.write(p('/m/f'), large('a'), call)
    const { change } = await t.write('/m/f', 'small')
    expect(await t.vfs.history(p('/m/f'), { ...call, limit: 1 })).toMatchObject([{ kept: { in: 'content' } }])
    await t.vfs.undo({ change: change! }, call)
    expect(await t.vfs.stat(p('/m/f'), call)).toMatchObject({ size: LARGE })
  })

  test('or the change is refused: what cannot be read, and what cannot be put aside', async () => {
    const backend = new Trashless()
    await using t = await openTestVfs({ '/m': backend })
    await t.vfs.write(p('/m/f'), large('a'), call)
    backend.unreadable = true
    await expect(t.write('/m/f', 'small')).rejects.toMatchObject({ code: 'NOT_UNDOABLE', cause: { code: 'IO_ERROR' } })
    await expect(t.vfs.remove(p('/m/f'), call)).rejects.toMatchObject({ code: 'NOT_UNDOABLE' })
    expect(await t.vfs.stat(p('/m/f'), call)).toMatchObject({ size: LARGE })
  })

  test('unless a person wants no versions: then a removal is for good', async () => {
    await using t = await openTestVfs({ '/m': { versions: 'off' } })
    await t.write('/m/d/f', 'x', { parents: true })
    const { change } = await t.vfs.remove(p('/m/d'), { ...call, recursive: true })
    expect(await t.names('/m')).toEqual([])
    expect(await t.vfs.undo({ change: change! }, call)).toMatchObject({ change: null, conflicts: [{ change }] })
  })
})

describe('what was kept for a write that failed is not kept any longer', () => {
  const dies = async function* (): Bytes {
    yield Buffer.alloc(1 << 20, 'y')
    throw new Error('died')
  }
  const kept = ({ trash }: MemoryBackend | LocalBackend, id: string) => trash.contents.stat(p(`/${id}`))

  test.each([
    ['memory', () => new MemoryBackend()],
    ['the disk', (folder: string) => new LocalBackend({ root: folder })],
  ])('in %s', async (_, open) => {
    const folder = await mkdtemp(join(tmpdir(), 'polymount-keep-'))
    const backend = open(folder)
    await using t = await openTestVfs({ '/m': backend })
    await t.vfs.write(p('/m/f'), large('a'), call)
    await expect(t.vfs.write(p('/m/f'), dies(), { ...call, ifMatch: '*' })).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
    const [failed] = await t.vfs.history(p('/m/f'), { ...call, limit: 1 })
    expect(failed).toMatchObject({ state: 'aborted', kept: { in: 'trash' } })
    await expect(kept(backend, failed!.change)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await rm(folder, { recursive: true })
  })

  test('and where it cannot be let go, recovery does it', async () => {
    const backend = new MemoryBackend()
    await using t = await openTestVfs({ '/m': backend })
    await t.vfs.write(p('/m/f'), large('a'), call)
    backend.trash.drop = () => Promise.reject(new VfsError('UNAVAILABLE', 'not now'))
    await expect(t.vfs.write(p('/m/f'), dies(), { ...call, ifMatch: '*' })).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
    const [failed] = await t.vfs.history(p('/m/f'), { ...call, limit: 1 })
    expect(failed).toMatchObject({ state: 'in_doubt' })
    expect(await kept(backend, failed!.change)).toMatchObject({ size: LARGE })
    Reflect.deleteProperty(backend.trash, 'drop')
    expect(await t.journal.recover()).toMatchObject([{ change: failed!.change, state: 'aborted' }])
    await expect(kept(backend, failed!.change)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('what is not known is not told as known', () => {
  test('a write without an answer stays in doubt, and the path is locked', async () => {
    await using t = await openTestVfs({ '/m': new Silent() })
    await expect(t.write('/m/f', 'x')).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', retryable: true })
    expect(await t.vfs.history(p('/m/f'), { ...call, limit: 1 })).toMatchObject([{ state: 'in_doubt' }])
  })

  test('a kept file that a program outside still wrote to is not used', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'polymount-keep-'))
    await using t = await openTestVfs({ '/m': new LocalBackend({ root: folder }) })
    await t.vfs.write(p('/m/f'), large('a'), call)
    const { open } = await import('node:fs/promises')
    await using outside = await open(join(folder, 'f'), 'r+')
    const { change } = await t.write('/m/f', 'small')
    await outside.write(Buffer.from('later'), 0, 5, 0)
    await outside.utimes(new Date(), new Date(Date.now() + 5000))
    expect(await t.vfs.undo({ change: change! }, call)).toMatchObject({ change: null, conflicts: [{ reason: expect.stringContaining('was changed') }] })
    await expect(t.vfs.version(p('/m/f'), change!, { ...call, replaced: true })).rejects.toMatchObject({ code: 'VERSION_CHANGED' })
    await rm(folder, { recursive: true })
  })
})

describe('a change of parts that can be neither finished nor taken back', () => {
  test('is told as partial, with its id, and the history names it', async () => {
    class Stuck extends Sticky {
      override async write(...[path, source, options]: Parameters<MemoryBackend['write']>): Promise<Stat> {
        if (path.endsWith('/bad')) throw new VfsError('IO_ERROR', 'a bad sector')
        return super.write(path, source, options)
      }
    }
    await using t = await openTestVfs({ '/x': {}, '/y': new Stuck() })
    for (const name of ['a', 'bad']) await t.write(`/x/src/${name}`, name, { parents: true })
    const failure = await t.vfs.copy(p('/x/src'), p('/y/dst'), call).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'PARTIAL', cause: { code: 'IO_ERROR' }, details: { change: expect.any(String) } })
    expect(await t.vfs.history(p('/y/dst'), { ...call, limit: 1 })).toMatchObject([{ state: 'partial', reason: expect.stringContaining('nothing goes') }])
  })
})

test('a storage that breaks while it is asked for its health is told as unavailable', async () => {
  class Broken extends MemoryBackend {
    override check(): Promise<void> {
      return Promise.reject(new TypeError('a bug'))
    }
  }
  await using t = await openTestVfs({ '/m': new Broken() })
  expect(await t.vfs.mounts()).toMatchObject([{ error: { code: 'UNAVAILABLE' } }])
})

test('a file that a program outside replaces during a write is kept as it was then', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'polymount-keep-'))
  await using t = await openTestVfs({ '/m': new LocalBackend({ root: folder }) })
  await writeFile(join(folder, 'f'), 'outside')
  const { change } = await t.write('/m/f', 'ours')
  await t.vfs.undo({ change: change! }, call)
  expect(await readFile(join(folder, 'f'), 'utf8')).toBe('outside')
  await rm(folder, { recursive: true })
})
