import { describe, expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

class Down extends MemoryBackend {
  override async check(): Promise<void> {
    throw new VfsError('UNAVAILABLE', 'the storage is down')
  }
}

describe('mounts', () => {
  test('are one tree: folders above them exist, names come in order, and a mount hides what it covers', async () => {
    await using t = await openTestVfs({ '/z': {}, '/home/me/app': {}, '/home/me/app/data': {} })
    expect([await t.names('/'), await t.names('/home'), await t.names('/home/me')]).toEqual([['home', 'z'], ['me'], ['app']])
    await t.write('/home/me/app/a', 'x')
    await t.write('/home/me/app/z', 'x')
    expect(await t.names('/home/me/app')).toEqual(['a', 'data', 'z'])
    expect(await t.vfs.stat(p('/home'), call)).toMatchObject({ kind: 'directory', mount: null })
    expect(await t.vfs.stat(p('/home/me/app/data'), call)).toMatchObject({ kind: 'directory', mount: '/home/me/app/data' })
  })

  test('stand where they stand: mkdir of one changes nothing', async () => {
    await using t = await openTestVfs({ '/home/me': {} })
    expect(await t.vfs.mkdir(p('/home/me'), call)).toMatchObject({ change: null, stat: { kind: 'directory' } })
    await expect(t.vfs.mkdir(p('/home/you'), call)).rejects.toMatchObject({ code: 'NOT_SERVED' })
  })

  test('keep a folder that holds another mount from being removed or moved', async () => {
    await using t = await openTestVfs({ '/m': {}, '/m/d/inner': {} })
    await t.write('/m/d/f', 'x', { parents: true })
    await expect(t.vfs.remove(p('/m/d'), { ...call, recursive: true })).rejects.toMatchObject({ code: 'MOUNT_INSIDE' })
    await expect(t.vfs.move(p('/m/d'), p('/m/e'), call)).rejects.toMatchObject({ code: 'MOUNT_INSIDE' })
  })

  test('of a folder that is missing in its storage say so, whatever is asked of them', async () => {
    const backend = new MemoryBackend()
    await using t = await openTestVfs({ '/m': { backend, name: 'store', root: p('/deep/er') }, '/all': { backend } })
    const missing = { code: 'NOT_FOUND', retryable: false, path: '/m', message: '/m shows a folder of the storage store that does not exist' }
    await expect(t.names('/m')).rejects.toMatchObject(missing)
    await expect(t.vfs.stat(p('/m/f'), call)).rejects.toMatchObject(missing)
    await expect(t.write('/m/f', 'x', { parents: true })).rejects.toMatchObject(missing)
    await expect(t.vfs.mkdir(p('/m/d/e'), { ...call, parents: true })).rejects.toMatchObject(missing)
    await t.vfs.mkdir(p('/all/deep/er'), { ...call, parents: true })
    await t.write('/m/f', 'x')
    expect(await t.text('/all/deep/er/f')).toBe('x')
  })

  test('below a folder have their part in its history, also where the folder is of no storage', async () => {
    const shared = new MemoryBackend()
    await using t = await openTestVfs({ '/top/a': shared, '/top/a/in': {}, '/top/b': shared, '/other': {}, '/down': new Down() })
    const changes: (string | null)[] = []
    for (const path of ['/top/a/f', '/top/a/in/f', '/other/f']) changes.push((await t.write(path, 'x')).change)
    const history = async (path: string): Promise<string[]> => (await t.vfs.history(p(path), { ...call, limit: 10 })).map(({ change }) => change)
    expect(await history('/top/a')).toEqual([changes[1], changes[0]])
    expect(await history('/top')).toEqual([changes[1], changes[0]])
    expect(await history('/')).toEqual([changes[2], changes[1], changes[0]])
    const { seq } = t.journal.get(changes[2]!)!
    expect(await t.vfs.history(p('/'), { ...call, limit: 1, before: seq })).toMatchObject([{ change: changes[1] }])
    await expect(history('/nowhere')).rejects.toMatchObject({ code: 'NOT_SERVED' })
  })

  test('name the folder that a change lacks, and not what it would have made', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/near', 'x')
    const missing = { code: 'NOT_FOUND', path: '/m/no', message: 'the folder /m/no does not exist' }
    await expect(t.write('/m/no/f', 'x')).rejects.toMatchObject(missing)
    await expect(t.vfs.mkdir(p('/m/no/d'), call)).rejects.toMatchObject(missing)
  })

  test('that are down are listed with their error and hold up nobody', async () => {
    await using t = await openTestVfs({ '/up': {}, '/down': new Down() })
    await t.write('/up/f', 'x')
    expect(await t.vfs.mounts()).toMatchObject([{ path: '/up' }, { path: '/down', error: { code: 'UNAVAILABLE' } }])
    expect(await t.text('/up/f')).toBe('x')
  })

  test('come and go, with an event each, and not while a read is under way', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const seen: unknown[] = []
    t.events.on('mounts', (event) => seen.push(event))
    await t.vfs.mount({ path: p('/n'), name: 'n', backend: new MemoryBackend() })
    await t.write('/n/f', 'x'.repeat(10))
    const reading = (await t.vfs.open(p('/n/f'), call)).read()[Symbol.asyncIterator]()
    await reading.next()
    await expect(t.vfs.unmount(p('/n'))).rejects.toMatchObject({ code: 'MOUNT_BUSY' })
    await reading.return?.()
    await t.vfs.unmount(p('/n'))
    expect(seen).toEqual([
      { path: '/n', mounted: true },
      { path: '/n', mounted: false },
    ])
    await expect(t.text('/n/f')).rejects.toMatchObject({ code: 'NOT_SERVED' })
  })

  test('go by force under a write, which comes to its end, and nothing new begins there', async () => {
    await using t = await openTestVfs({})
    const backend = new MemoryBackend()
    await t.vfs.mount({ path: p('/n'), name: 'n', backend })
    const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    async function* slow() {
      yield Buffer.alloc(100_000, 'a')
      begun.resolve()
      await goOn.promise
      yield Buffer.from('b')
    }
    const writing = t.vfs.write(p('/n/f'), slow(), call)
    await begun.promise
    await expect(t.vfs.unmount(p('/n'))).rejects.toMatchObject({ code: 'MOUNT_BUSY' })
    await t.vfs.unmount(p('/n'), { force: true })
    await expect(t.write('/n/g', 'x')).rejects.toMatchObject({ code: 'NOT_SERVED' })
    goOn.resolve()
    const { change } = await writing
    await t.journal.settled()
    expect(t.journal.get(change ?? '')).toMatchObject({ state: 'done', after: { size: 100_001 } })
    expect(await Array.fromAsync(backend.list(p('/'), { details: true }))).toMatchObject([{ name: 'f', size: 100_001 }])
  })
})

describe('a tool cannot widen what a person served', () => {
  const served = async () => {
    const backend = new MemoryBackend()
    await backend.mkdir(p('/sub'))
    const t = await openTestVfs({ '/docs': { backend, readOnly: true, configured: true } }, { deny: ['/docs/sub/secret'] })
    return { t, backend }
  }

  test('by mounting the same storage again: what was read-only stays it, what was hidden stays hidden', async () => {
    const { t, backend } = await served()
    await using _ = t
    await t.vfs.mount({ path: p('/again'), name: 'docs', backend })
    await t.vfs.mount({ path: p('/part'), name: 'docs', backend, root: p('/sub'), readOnly: false })
    for (const path of ['/again/f', '/part/f']) await expect(t.write(path, 'x')).rejects.toMatchObject({ code: 'READ_ONLY' })
    for (const path of ['/again/sub/secret', '/part/secret']) await expect(t.text(path)).rejects.toMatchObject({ code: 'DENIED' })
  })

  test('by taking the mount away first', async () => {
    const { t } = await served()
    await using _ = t
    await expect(t.vfs.unmount(p('/docs'), { force: true })).rejects.toMatchObject({ code: 'DENIED' })
  })
})

describe('names', () => {
  test('what is missing is answered with what is nearest', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/docs/readme.md', 'x', { parents: true })
    await expect(t.text('/m/docs/raedme.md')).rejects.toMatchObject({ code: 'NOT_FOUND', details: { nearest: '/m/docs/readme.md' } })
    await expect(t.text('/m/dosc/readme.md')).rejects.toMatchObject({ details: { nearest: '/m/docs' } })
    await expect(t.names('/m/qqqqqq')).rejects.toMatchObject({ code: 'NOT_FOUND', details: { nearest: '/m' } })
  })
})

describe('a walk', () => {
  test('goes depth first in name order, skips what git ignores, and goes on after any path', async () => {
    await using t = await openTestVfs({ '/m': {} })
    for (const path of ['b/x', 'a.txt', 'a/y', 'build/out.js', 'ä', 'b/deep/er/f']) await t.write(`/m/${path}`, path, { parents: true })
    await t.write('/m/.gitignore', 'build/\n')
    const walked = async (options: object): Promise<string[]> => (await Array.fromAsync(t.vfs.walk(p('/m'), { ...call, ...options }))).map(({ path }) => path)
    const all = await walked({})
    expect(all).toEqual(['/m/.gitignore', '/m/a', '/m/a/y', '/m/a.txt', '/m/b', '/m/b/deep', '/m/b/deep/er', '/m/b/deep/er/f', '/m/b/x', '/m/ä'])
    for (const [i, after] of all.entries()) expect(await walked({ after })).toEqual(all.slice(i + 1))
    expect(await walked({ depth: 1 })).toEqual(['/m/.gitignore', '/m/a', '/m/a.txt', '/m/b', '/m/ä'])
    expect(await walked({ ignored: true })).toContain('/m/build/out.js')
    const skipped: string[] = []
    await walked({ onIgnored: (path: string) => skipped.push(path) })
    expect(skipped).toEqual(['/m/build'])
  })

  test('stops when the caller has gone', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/f', 'x')
    await expect(Array.fromAsync(t.vfs.walk(p('/m'), { ...call, signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})
