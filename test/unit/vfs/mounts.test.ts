import { describe, expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { compareNames as byName, vfsPath as p } from '../../../src/core/path.ts'
import { MountTable } from '../../../src/vfs/mounts.ts'

describe('the mount table', () => {
  test('finds the mount with the longest prefix, by whole segments', () => {
    const table = new MountTable()
    for (const path of ['/', '/a', '/a/b', '/ab']) table.add({ path: p(path), name: path, backend: new MemoryBackend() })
    const found = (path: string) => table.find(p(path))?.path
    expect([found('/x'), found('/a'), found('/a/c'), found('/a/b'), found('/a/b/c'), found('/ab/c'), found('/abc')]).toEqual([
      '/',
      '/a',
      '/a',
      '/a/b',
      '/a/b',
      '/ab',
      '/',
    ])
  })

  test('gives each folder above mounts the names that lead to them', () => {
    const table = new MountTable()
    for (const path of ['/home/me/app', '/home/me/lib', '/local']) table.add({ path: p(path), name: path, backend: new MemoryBackend() })
    expect(table.childrenOf(p('/')).toSorted(byName)).toEqual(['home', 'local'])
    expect(table.childrenOf(p('/home/me')).toSorted(byName)).toEqual(['app', 'lib'])
    expect(table.childrenOf(p('/home/me/app'))).toEqual([])
  })

  test('refuses a second mount at one path, and an unmount where nothing is', () => {
    const table = new MountTable()
    table.add({ path: p('/a'), name: 'a', backend: new MemoryBackend() })
    expect(() => table.add({ path: p('/a'), name: 'b', backend: new MemoryBackend() })).toThrow(expect.objectContaining({ code: 'MOUNT_EXISTS' }))
    expect(() => table.remove(p('/b'), false)).toThrow(expect.objectContaining({ code: 'MOUNT_NOT_FOUND' }))
  })

  test('keeps a mount that is in use, unless forced', async () => {
    const table = new MountTable()
    const mount = table.add({ path: p('/a'), name: 'a', backend: new MemoryBackend() })
    await mount.use(async () => {
      expect(() => table.remove(p('/a'), false)).toThrow(expect.objectContaining({ code: 'MOUNT_BUSY', retryable: true }))
      expect(table.remove(p('/a'), true)).toBe(mount)
    })
    expect(table.find(p('/a/f'))).toBeUndefined()
    const again = table.add({ path: p('/a'), name: 'a', backend: new MemoryBackend() })
    expect(table.remove(p('/a'), false)).toBe(again)
  })

  test('translates between a mount and its place in the backend', () => {
    const table = new MountTable()
    const mount = table.add({ path: p('/m'), name: 'm', backend: new MemoryBackend(), root: p('/deep/in') })
    expect([mount.inner(p('/m')), mount.inner(p('/m/x'))]).toEqual(['/deep/in', '/deep/in/x'])
    expect([mount.outer(p('/deep/in')), mount.outer(p('/deep/in/x')), mount.outer(p('/deep/inside'))]).toEqual(['/m', '/m/x', undefined])
  })

  test('shows a place of a volume through every mount of it, the closest first', () => {
    const backend = new MemoryBackend()
    const table = new MountTable()
    table.add({ path: p('/all'), name: 'all', backend })
    table.add({ path: p('/part'), name: 'part', backend, root: p('/x/y') })
    expect(table.showing(backend.volume, '/x/y/z').map(({ path }) => path)).toEqual(['/part/z', '/all/x/y/z'])
    expect(table.resolve('elsewhere', '/x')).toBeUndefined()
  })
})
