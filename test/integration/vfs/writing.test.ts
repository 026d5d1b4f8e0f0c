import { describe, expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Bytes, MoveOptions, Stat } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { type VfsPath, vfsPath as p } from '../../../src/core/path.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

const other = { actor: { client: 'other', session: 's2' } }

/** Moves when it is told to, and tells when it has been asked whether the folder is there. */
class Held extends MemoryBackend {
  readonly moving = Promise.withResolvers<void>()
  readonly go = Promise.withResolvers<void>()
  #asked: (() => void) | undefined

  seen(): Promise<void> {
    return new Promise((resolve) => (this.#asked = resolve))
  }

  override async stat(path: VfsPath): Promise<Stat> {
    const stat = await super.stat(path)
    if (path === '/d') this.#asked?.()
    return stat
  }

  override async rename(from: VfsPath, to: VfsPath, options?: MoveOptions): Promise<void> {
    this.moving.resolve()
    await this.go.promise
    return super.rename(from, to, options)
  }
}

describe('a write', () => {
  test('answers the etag, the CID and the change, and makes the folders on the way', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const done = await t.write('/m/a/b/f.txt', 'hello world', { parents: true })
    expect(done).toMatchObject({
      bytes: 11,
      cas: 'native',
      stat: { kind: 'file', size: 11, cid: 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e' },
    })
    expect(await t.text('/m/a/b/f.txt')).toBe('hello world')
  })

  test('without parents is refused where the folder is missing, and leaves nothing', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await expect(t.write('/m/a/f', 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await t.names('/m')).toEqual([])
    expect(await t.vfs.history(p('/m/a/f'), { ...call, limit: 9 })).toMatchObject([{ state: 'aborted' }])
  })

  /** Writes into a folder that was there, and is moved away while the write waits for its turn. */
  async function intoMoved(content: Uint8Array | Bytes) {
    const held = new Held()
    const t = await openTestVfs({ '/m': held })
    await t.write('/m/d/a', 'a', { parents: true })
    const moving = t.vfs.move(p('/m/d'), p('/m/e'), call)
    await held.moving.promise
    const seen = held.seen()
    const writing = t.vfs.write(p('/m/d/b'), content, { ...call, parents: true })
    writing.catch(() => {}) // told below
    await seen
    held.go.resolve()
    await moving
    return { t, writing, [Symbol.asyncDispose]: () => t[Symbol.asyncDispose]() }
  }

  test('whose folder goes while it waits for its turn makes it anew', async () => {
    await using moved = await intoMoved(Buffer.from('x'))
    await moved.writing
    expect([await moved.t.text('/m/d/b'), await moved.t.names('/m/e')]).toEqual(['x', ['a']])
  })

  test('of a stream cannot begin again, and says that the caller can', async () => {
    await using moved = await intoMoved(bytesOf('x'))
    await expect(moved.writing).rejects.toMatchObject({ code: 'BUSY', retryable: true })
    expect(await moved.t.names('/m')).toEqual(['e'])
  })

  test('that appends goes on after what stands there', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/log', 'one ')
    const { stat, change } = await t.write('/m/log', 'two', { append: true })
    expect(await t.text('/m/log')).toBe('one two')
    expect(stat?.size).toBe(7)
    await t.vfs.undo({ change: change! }, call)
    expect(await t.text('/m/log')).toBe('one ')
  })

  test('whose source dies leaves what was there', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/f', 'before')
    const dying = (async function* () {
      yield Buffer.alloc(100_000)
      throw new Error('source died')
    })()
    await expect(t.vfs.write(p('/m/f'), dying, call)).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
    expect(await t.text('/m/f')).toBe('before')
    expect((await t.vfs.history(p('/m/f'), { ...call, limit: 9 })).map(({ state }) => state)).toEqual(['aborted', 'done'])
  })

  test('of a large content streams, and can be taken back', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const part = Buffer.alloc(1 << 20, 'x')
    const large = async function* (parts: number) {
      for (let i = 0; i < parts; i++) yield part
    }
    await t.vfs.write(p('/m/f'), large(20), call)
    const { change } = await t.vfs.write(p('/m/f'), large(3), call)
    await t.vfs.undo({ change: change! }, call)
    expect(await t.vfs.stat(p('/m/f'), call)).toMatchObject({ size: 20 << 20 })
  })
})

describe('no update is lost', () => {
  test('a session that read an older content may not overwrite a newer one', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/f', 'one', other)
    await t.text('/m/f')
    await t.write('/m/f', 'two', other)
    await expect(t.write('/m/f', 'three')).rejects.toMatchObject({ code: 'CONFLICT', details: { expected: expect.any(String), found: expect.any(String) } })
    expect(await t.text('/m/f')).toBe('two')
    await t.write('/m/f', 'three')
    expect(await t.text('/m/f')).toBe('three')
  })

  test('if_match "*" overrides, and its own writes count as seen', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/f', 'mine')
    await t.write('/m/f', 'theirs', other)
    await expect(t.write('/m/f', 'again')).rejects.toMatchObject({ code: 'CONFLICT' })
    await t.write('/m/f', 'again', { ifMatch: '*' })
    await t.write('/m/f', 'and again')
    expect(await t.text('/m/f')).toBe('and again')
  })

  test('a prior read is not demanded', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/f', 'one', other)
    await t.write('/m/f', 'two')
    expect(await t.text('/m/f')).toBe('two')
  })

  test('of twenty writers with one etag, one wins and nineteen are told', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const { stat } = await t.write('/m/f', 'start')
    const races = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => t.write('/m/f', `w${i}`, { ifMatch: stat!.etag })))
    expect(races.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(races.filter((race) => race.status === 'rejected' && race.reason.code === 'CONFLICT')).toHaveLength(19)
  })

  test('twenty writers without an etag all win, one after the other', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await Promise.all(Array.from({ length: 20 }, (_, i) => t.write('/m/f', `w${i}`, { actor: { client: `c${i}` } })))
    const history = await t.vfs.history(p('/m/f'), { ...call, limit: 99 })
    expect(history).toHaveLength(20)
    expect(history.map(({ state }) => state)).toEqual(Array.from({ length: 20 }, () => 'done'))
    for (const [i, record] of history.slice(0, -1).entries()) expect(record.before?.cid).toBe(history[i + 1]?.after?.cid)
  })

  test('if_none_match "*" makes, and never replaces', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const races = await Promise.allSettled(Array.from({ length: 5 }, (_, i) => t.write('/m/new', `w${i}`, { ifNoneMatch: '*' })))
    expect(races.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

describe('rules', () => {
  test('a read-only mount, and a read-only gateway, refuse every change', async () => {
    await using t = await openTestVfs({ '/m': { readOnly: true } })
    await using g = await openTestVfs({ '/m': {} }, { readOnly: true })
    for (const { vfs } of [t, g]) {
      await expect(vfs.write(p('/m/f'), Buffer.from('x'), call)).rejects.toMatchObject({ code: 'READ_ONLY' })
      await expect(vfs.mkdir(p('/m/d'), call)).rejects.toMatchObject({ code: 'READ_ONLY' })
      await expect(vfs.remove(p('/m/f'), call)).rejects.toMatchObject({ code: 'READ_ONLY' })
    }
  })

  test('a read-only mount of a part holds for every name of it', async () => {
    const backend = new MemoryBackend()
    await backend.mkdir(p('/part'))
    await using t = await openTestVfs({ '/all': { backend }, '/part': { backend, root: p('/part'), readOnly: true } })
    await t.write('/all/f', 'x')
    await expect(t.write('/all/part/f', 'x')).rejects.toMatchObject({ code: 'READ_ONLY' })
  })

  test('what is denied is not listed, read, written, moved away with its folder, or named as the nearest', async () => {
    const backend = new MemoryBackend()
    await backend.mkdir(p('/d'))
    await backend.write(p('/d/.env'), (async function* () { yield Buffer.from('secret') })()) // prettier-ignore
    await using t = await openTestVfs({ '/m': { backend } }, { deny: ['.env'] })
    expect(await t.names('/m/d')).toEqual([])
    await expect(t.text('/m/d/.env')).rejects.toMatchObject({ code: 'DENIED' })
    await expect(t.write('/m/d/.env', 'x')).rejects.toMatchObject({ code: 'DENIED' })
    await expect(t.vfs.move(p('/m/d'), p('/m/e'), call)).rejects.toMatchObject({ code: 'DENIED' })
    await expect(t.vfs.remove(p('/m/d'), { ...call, recursive: true })).rejects.toMatchObject({ code: 'DENIED' })
    await expect(t.text('/m/d/.en')).rejects.toSatisfy((error) => !String(error).includes('.env'))
    await t.vfs.copy(p('/m/d'), p('/m/copy'), call)
    expect(await t.names('/m/copy')).toEqual([])
  })

  test('a path that nothing serves is refused with the folders that are', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await expect(t.text('/etc/passwd')).rejects.toMatchObject({ code: 'NOT_SERVED', details: { served: ['/m'] } })
    await expect(t.write('/f', 'x')).rejects.toMatchObject({ code: 'NOT_SERVED' })
    await expect(t.vfs.remove(p('/m'), { ...call, recursive: true })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})
