import * as fc from 'fast-check'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Bytes } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { Database } from '../../../src/sqlite/database.ts'
import { Child } from '../../support/children.ts'
import { KuboDaemon, needsKubo } from '../../support/kubo.ts'
import { many, plant, type SyncGround, syncGround } from '../../support/sync.ts'
import { call } from '../../support/vfs.ts'

const EMPTY = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354' // of a folder that holds nothing

test('whatever is changed between two syncs: the CID is that of the folder as it is, and leads back to it', async () => {
  const names = fc.constantFrom('a', 'b', 'ä', '.c', 'd e')
  const path = fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => `/m/${parts.join('/')}`)
  const op = fc.record({ op: fc.constantFrom('write', 'write', 'mkdir', 'remove'), path, content: fc.constantFrom('', 'x', 'y', 'longer') })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(op, { maxLength: 6 }), { maxLength: 4 }), async (rounds) => {
      await using ground = await syncGround({ mounts: { '/m': new MemoryBackend(), '/back': new MemoryBackend() } })
      for (const round of rounds) {
        // What cannot be done to this tree is not done.
        for (const { op: kind, path: at, content } of round) await change(ground, kind, at, content).catch(() => undefined)
        expect((await ground.toIpfs('/m')).cid).toBe(await ground.added('/m'))
        expect(await ground.toIpfs('/m')).toMatchObject({ cid: await ground.added('/m'), added: 0, bytes: 0 })
        const [wanted, before] = [await ground.added('/m'), await ground.added('/back')]
        if (wanted === EMPTY) continue // an empty source takes nothing with it
        expect(await thereAndUndone(ground, wanted)).toEqual([wanted, before, wanted])
      }
    }),
    { numRuns: 25 },
  )
})

/** Makes `/back` like `/m`, takes that back, and makes it again: the CID of `/back` after each. */
async function thereAndUndone(ground: SyncGround, wanted: string): Promise<string[]> {
  const cids: string[] = []
  const back = () => ground.sync.fromIpfs(wanted, p('/back'), { ...call, delete: true })
  const { change: made } = await back()
  cids.push(await ground.added('/back'))
  if (made !== null) await ground.vfs.undo({ change: made }, call)
  cids.push(await ground.added('/back'))
  await back()
  return [...cids, await ground.added('/back')]
}

function change({ vfs, write }: SyncGround, kind: string, at: string, content: string): Promise<unknown> {
  if (kind === 'write') return write(at, content, { parents: true })
  return kind === 'mkdir' ? vfs.mkdir(p(at), { ...call, parents: true }) : vfs.remove(p(at), { ...call, recursive: true })
}

test('a folder of 20,000 files, which becomes a HAMT: one that changes is all that is read', async () => {
  const storage = new MemoryBackend()
  await using ground = await syncGround({ mounts: { '/m': storage } })
  for (let i = 0; i < 20_000; i++) await storage.write(p(`/file-${i}`), bytesOf(`${i}`))
  expect(await ground.toIpfs('/m')).toMatchObject({ added: 20_000 })
  await storage.write(p('/file-7'), bytesOf('changed'))
  expect(await ground.toIpfs('/m')).toMatchObject({ added: 1, reused: 19_999, bytes: 7, cid: await ground.added('/m') })
}, 60_000)

test('a sync that was killed goes on: what it had done is not read again', async () => {
  const root = await mkdtemp(join(tmpdir(), 'polymount-sync-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  await plant(join(root, 'work'), many(4500))
  const child = new Child(new URL('../../support/syncer.ts', import.meta.url), root)
  // A second batch of 2,000 waits for the first: then that one is durable.
  for (let line = ''; line !== '4010';) line = await child.line()
  await child.kill()
  await using ground = await syncGround({ root })
  const { added, reused, cid } = await ground.toIpfs()
  expect([added + reused, cid]).toEqual([4500, await ground.added()])
  expect(reused).toBeGreaterThanOrEqual(2000)
  expect(await ground.toIpfs()).toMatchObject({ added: 0, cid })
  expect(await keptBySync(root)).toHaveLength(1)
}, 60_000)

/** The ids under which the node keeps something for sync. */
async function keptBySync(root: string): Promise<string[]> {
  const db = new Database(join(root, 'data/ipfs.db'))
  try {
    return db.all<{ readonly id: string }>("SELECT id FROM kept WHERE id LIKE 'sync:%'").map(({ id }) => id)
  } finally {
    db.close()
  }
}

test('a call that is cancelled loses nothing that is done, and leaves an index that is right', async () => {
  await using ground = await syncGround()
  await plant(ground.work, many(300))
  const cancel = new AbortController()
  const onProgress = (_: number, files: number): void => void (files === 150 && cancel.abort())
  await expect(ground.toIpfs('/work', { signal: cancel.signal, onProgress })).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(await ground.toIpfs()).toMatchObject({ cid: await ground.added() })
})

test('what the node keeps instead of something else sorts behind it, so that a collection which reads meanwhile sees one of the two', async () => {
  await using ground = await syncGround()
  const names: string[] = []
  for (let i = 0; i < 12; i++) {
    await plant(ground.work, { f: `${i}` })
    await ground.toIpfs()
    names.push(...(await keptBySync(dirname(ground.work))))
  }
  expect(names).toHaveLength(12)
  expect(names).toEqual(names.toSorted())
})

describe('the index', () => {
  test('names nothing that the node does not keep any more: then it begins from nothing', async () => {
    await using ground = await syncGround()
    await plant(ground.work, many(3))
    const { cid } = await ground.toIpfs()
    for (const id of await keptBySync(dirname(ground.work))) await ground.node.keeps.remove(id)
    expect(await ground.toIpfs()).toMatchObject({ added: 3, reused: 0, cid })
    expect(await keptBySync(dirname(ground.work))).toHaveLength(1)
  })

  test('belongs to a place, whatever it is called, and to what was asked for', async () => {
    await using ground = await syncGround()
    await plant(ground.work, { 'a/f': '1', 'b/f': '1' })
    await ground.toIpfs()
    expect(await ground.toIpfs('/work/a')).toMatchObject({ added: 1 })
    expect(await ground.toIpfs('/work', { exclude: ['b'] })).toMatchObject({ added: 1 })
    expect(await ground.toIpfs('/work', { exclude: ['b'] })).toMatchObject({ added: 0, reused: 1 })
    await using again = await syncGround({ root: dirname(ground.work), mounts: { '/elsewhere': new LocalBackend({ root: ground.work }) } })
    expect(await again.toIpfs('/elsewhere')).toMatchObject({ added: 0, reused: 2 })
  })

  test('of a memory that is another one is not used for it', async () => {
    await using ground = await syncGround({ mounts: { '/m': new MemoryBackend() } })
    await ground.write('/m/f', 'one')
    await ground.toIpfs('/m')
    await using again = await syncGround({ root: dirname(ground.work), mounts: { '/m': new MemoryBackend() } })
    await again.write('/m/f', 'two')
    expect(await again.toIpfs('/m')).toMatchObject({ added: 1, cid: await again.added('/m') })
  })
})

test('what was synced longest ago is forgotten, so that not everything is kept for ever', async () => {
  await using ground = await syncGround({ mounts: { '/m': new MemoryBackend() } })
  const folders = Array.from({ length: 66 }, (_, i) => `/m/d${i}`)
  for (const folder of folders) {
    await ground.write(`${folder}/f`, folder, { parents: true })
    await ground.toIpfs(folder)
  }
  expect(await keptBySync(dirname(ground.work))).toHaveLength(64)
  expect(await ground.toIpfs('/m/d65')).toMatchObject({ added: 0 })
  expect(await ground.toIpfs('/m/d0')).toMatchObject({ added: 1 })
})

test('one sync of a folder at a time: the other is told to come again', async () => {
  await using ground = await syncGround()
  await plant(ground.work, many(50))
  const ends = await Promise.allSettled([ground.toIpfs(), ground.toIpfs()])
  expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'BUSY', retryable: true } })
})

/** Somebody writes to a file whenever it is read, so many times. */
class Unsteady extends MemoryBackend {
  #times: number

  constructor(times: number) {
    super()
    this.#times = times
  }

  override async *read(...[path, options]: Parameters<MemoryBackend['read']>): Bytes {
    if (this.#times-- > 0) await this.write(path, bytesOf(`more ${this.#times}`))
    yield* super.read(path, options)
  }
}

test('a file that is changed while it is read is read again, and named if it never rests', async () => {
  await using ground = await syncGround({ mounts: { '/twice': new Unsteady(2), '/always': new Unsteady(Infinity) } })
  for (const mount of ['/twice', '/always']) await ground.write(`${mount}/f`, 'first')
  expect(await ground.toIpfs('/twice')).toMatchObject({ added: 1, size: 6, cid: await ground.added('/twice') })
  await expect(ground.toIpfs('/always')).rejects.toMatchObject({ code: 'CONFLICT', path: '/always/f', hint: expect.stringContaining('exclude') })
})

test('writers that go on meanwhile are in the next sync', async () => {
  await using ground = await syncGround()
  await plant(ground.work, many(400))
  const stop = new AbortController()
  const writing = writeOn(ground, stop.signal)
  await ground.toIpfs().catch(() => undefined) // a file that never rests ends it
  stop.abort()
  await writing
  expect((await ground.toIpfs()).cid).toBe(await ground.added())
})

async function writeOn({ write }: SyncGround, signal: AbortSignal): Promise<void> {
  for (let i = 0; !signal.aborted; i++) await write(`/work/d${i % 4}/f${i % 400}`, `changed ${i}`)
}

test('on the way back too, a file that was compared is not read again while it stays as it is', async () => {
  class Watched extends MemoryBackend {
    readonly readPaths = new Set<string>()

    override read(...args: Parameters<MemoryBackend['read']>): Bytes {
      this.readPaths.add(args[0])
      return super.read(...args)
    }
  }
  const storage = new Watched()
  await using ground = await syncGround({ mounts: { '/m': storage } })
  await plant(ground.work, { ...many(20), large: 'l'.repeat(2 << 20) })
  const { cid } = await ground.toIpfs()
  const back = async () => {
    storage.readPaths.clear()
    return { ...(await ground.sync.fromIpfs(cid, p('/m/back'), call)), read: [...storage.readPaths] }
  }
  expect((await back()).created).toHaveLength(23)
  expect(await back()).toMatchObject({ change: null, unchanged: 21, read: [] })
  await storage.write(p('/back/d0/f7'), bytesOf('FILE 7'))
  expect(await back()).toMatchObject({ updated: ['/m/back/d0/f7'], unchanged: 20, read: ['/back/d0/f7'] })
})

describe('beside a real Kubo', () => {
  beforeEach(needsKubo)

  test('the same folder has the same CID, with whatever names, an empty folder and one that is sharded', async () => {
    await using ground = await syncGround()
    const wide = Object.fromEntries(Array.from({ length: 6000 }, (_, i) => [`wide/entry-${i}`, `${i}`]))
    await plant(ground.work, { ...wide, 'ä ö/ü': 'x', '.hidden/.file': '', "it's": 'y', 'deep/er/er/f': 'z', large: 'l'.repeat(3 << 20) })
    await mkdir(join(ground.work, 'empty'))
    await using daemon = await KuboDaemon.start()
    expect((await ground.toIpfs()).cid).toBe(await daemon.run(['add', '-r', '-Q', '--hidden', '--only-hash', ground.work]))
  }, 60_000)
})
