import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { MfsBackend } from '../../../backends/mfs/mfs.ts'
import { Database } from '../../../src/sqlite/database.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import type { Source } from '../../../src/content/types.ts'
import { Child } from '../../support/children.ts'
import { openNode, temporaryFolder, text, withNode } from '../../support/content.ts'

const names = async (backend: MfsBackend, path = '/') => (await Array.fromAsync(backend.list(p(path)))).map(({ name }) => name)

describe('the mutable tree', () => {
  test('has the CID that adding the same files gives, and survives a restart', async () => {
    await using folder = await temporaryFolder()
    let root = ''
    {
      await using open = await openNode(folder.path)
      const backend = new MfsBackend(open.node)
      await backend.mkdir(p('/a'))
      await backend.mkdir(p('/a/empty'))
      await backend.write(p('/a/f'), bytesOf('one'))
      await backend.write(p('/g'), bytesOf('two'))
      await backend.rename(p('/g'), p('/a/g'))
      root = await open.node.mfs.root()
    }
    await using open = await openNode(folder.path)
    expect(await open.node.mfs.root()).toBe(root)
    const sources: Source[] = [{ path: 'a/empty' }, { path: 'a/f', content: bytesOf('one') }, { path: 'a/g', content: bytesOf('two') }]
    expect((await Array.fromAsync(open.node.addTree(each(sources)))).at(-1)?.cid).toBe(root)
  })

  test('goes on where a data folder from before has its root', async () => {
    await using folder = await temporaryFolder()
    let root = ''
    {
      await using open = await openNode(folder.path)
      await new MfsBackend(open.node).mkdir(p('/a'))
      root = await open.node.mfs.root()
    }
    asBefore(folder.path, root)
    {
      await using open = await openNode(folder.path)
      expect(await open.node.mfs.root()).toBe(root)
      await new MfsBackend(open.node).mkdir(p('/b'))
    }
    await using open = await openNode(folder.path)
    expect(await names(new MfsBackend(open.node))).toEqual(['a', 'b'])
  })

  test('lists a folder of 20,000 in order and page by page', async () => {
    await withNode(async (node) => {
      const backend = new MfsBackend(node)
      const all = Array.from({ length: 20_000 }, (_, i) => `file-${String(i).padStart(5, '0')}`)
      const root = (await Array.fromAsync(node.addTree(each(all.map((path) => ({ path, content: bytesOf('x') })))))).at(-1)
      await node.mfs.link('/big', root?.cid ?? '')
      expect(await names(backend, '/big')).toEqual(all)
      await backend.write(p('/big/file-07000x'), bytesOf('new'))
      await backend.remove(p('/big/file-07001'))
      const page = backend.list(p('/big'), { after: 'file-06999', details: true })
      const seen = []
      for await (const entry of page) if (seen.push(entry.name) === 3) break
      expect(seen).toEqual(['file-07000', 'file-07000x', 'file-07002'])
    })
  })

  test('loses no update of four processes', async () => {
    await using folder = await temporaryFolder()
    const writer = fileURLToPath(new URL('../../support/mfs-writer.ts', import.meta.url))
    const exits = [0, 1, 2, 3].map(async (id) => {
      const child = spawn(process.execPath, [writer, folder.path, String(id), '16'], { stdio: ['ignore', 'ignore', 'inherit'] })
      const [code] = (await once(child, 'exit')) as [number]
      return code
    })
    expect(await Promise.all(exits)).toEqual([0, 0, 0, 0])
    await using open = await openNode(folder.path)
    const backend = new MfsBackend(open.node)
    const written = [0, 1, 2, 3].flatMap((id) => Array.from({ length: 16 }, (_, i) => `w${id}-${i}`))
    expect(await names(backend)).toEqual([...written, 'counter'].toSorted())
    expect(await text(backend.read(p('/counter')))).toBe('64')
  })

  test('has all that was answered after a process was killed in the middle of its writes', async () => {
    await using folder = await temporaryFolder()
    const writer = new URL('../../support/mfs-writer.ts', import.meta.url)
    const written: string[] = []
    for (const [round, writes] of [1, 7, 20].entries()) {
      const child = new Child(writer, folder.path, String(round), '1000')
      for (let i = 0; i < writes; i++) written.push(await child.line())
      await child.kill()
    }
    await using open = await openNode(folder.path)
    const backend = new MfsBackend(open.node)
    expect(await names(backend)).toEqual(expect.arrayContaining(written))
    for (const name of await names(backend)) expect(await text(backend.read(p(`/${name}`)))).toMatch(/^x$|^\d+$/)
    await backend.write(p('/after'), bytesOf('x'))
    await expect(open.node.pins.add(await open.node.mfs.root())).resolves.toBeUndefined() // all below it is here
  })

  test('among racing moves to one name exactly one wins', async () => {
    await withNode(async (node) => {
      const backend = new MfsBackend(node)
      for (let i = 0; i < 8; i++) await backend.write(p(`/f${i}`), bytesOf(String(i)))
      const moves = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => backend.rename(p(`/f${i}`), p('/won'))))
      const refused = moves.filter((move) => move.status === 'rejected').map(({ reason }) => reason)
      expect(refused).toHaveLength(7)
      expect(refused).toMatchObject(refused.map(() => ({ code: 'ALREADY_EXISTS', path: '/won' })))
      expect(await names(backend)).toHaveLength(8)
    })
  })
})

describe('its trash', () => {
  test('takes a whole folder in one step and brings it back', async () => {
    await withNode(async (node) => {
      const backend = new MfsBackend(node)
      await backend.mkdir(p('/d'))
      await backend.write(p('/d/f'), bytesOf('kept'))
      const { cid, etag } = await backend.stat(p('/d'))
      await expect(backend.trash.put(p('/d'), 'c1', { ifMatch: 'other' })).rejects.toMatchObject({ code: 'CONFLICT', path: '/d' })
      expect(await backend.trash.put(p('/d'), 'c1', { ifMatch: etag })).toMatchObject({ cid })
      expect(await names(backend)).toEqual([])
      expect(await text(backend.trash.contents.read(p('/c1/f')))).toBe('kept')
      expect(await backend.trash.back('c1', p('/e'))).toMatchObject({ cid })
      expect(await text(backend.read(p('/e/f')))).toBe('kept')
      await expect(backend.trash.back('c1', p('/d'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(backend.trash.put(p('/'), 'c2')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    })
  })

  test('keeps a replaced file without reading it, until it is dropped', async () => {
    await withNode(async (node) => {
      const backend = new MfsBackend(node)
      await backend.write(p('/f'), bytesOf('before'))
      const kept = await backend.trash.keep(p('/f'), 'c3')
      await backend.write(p('/f'), bytesOf('after'), { ifMatch: kept.etag })
      expect(await text(backend.trash.contents.read(p('/c3')))).toBe('before')
      await expect(backend.trash.back('c3', p('/f'))).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
      await backend.trash.drop('c3')
      await backend.trash.drop('c3')
      await expect(backend.trash.contents.stat(p('/c3'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await backend.mkdir(p('/d'))
      await backend.write(p('/d/f'), bytesOf('below'))
      await backend.trash.keep(p('/d'), 'c4')
      expect(await text(backend.trash.contents.read(p('/c4/f')))).toBe('below')
    })
  })
})

/** The root was beside the pins when a root and its blocks could not yet be written in one step. */
function asBefore(folder: string, root: string): void {
  const [blocks, state] = [new Database(join(folder, 'blocks.db')), new Database(join(folder, 'ipfs.db'))]
  blocks.exec('DROP TABLE head; PRAGMA user_version = 5')
  state.exec('ALTER TABLE mfs_before RENAME TO mfs; PRAGMA user_version = 2')
  state.run('INSERT INTO mfs VALUES (1, ?)', root)
  for (const db of [blocks, state]) db.close()
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}
