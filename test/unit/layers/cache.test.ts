import { describe, expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Backend } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { cache } from '../../../src/layers/cache.ts'
import { Meter } from '../../../src/layers/meter.ts'
import { metrics } from '../../../src/layers/metrics.ts'
import { ContentMemory, PAGE } from '../../../src/layers/pages.ts'
import { codeOf, noise, text } from '../../contract/support.ts'

function cached({ maxBytes = 4 << 20, memory = new ContentMemory(maxBytes), ttlMs = 60_000 } = {}): {
  readonly storage: Backend
  readonly b: Backend
  readonly asked: (op: string) => number
} {
  const storage = new MemoryBackend()
  const meter = new Meter()
  const asked = (op: string): number => meter.usage().operations[op]?.calls ?? 0
  return { storage, b: cache(metrics(storage, meter), { memory, ttlMs }), asked }
}

describe('the cache', () => {
  test('asks the storage once', async () => {
    const { storage, b, asked } = cached()
    await storage.write(p('/f'), bytesOf('content'))
    for (let i = 0; i < 3; i++) {
      expect((await b.stat(p('/f'))).size).toBe(7)
      expect(await text(b.read(p('/f')))).toBe('content')
      expect(await text(b.read(p('/f'), { offset: 3, length: 2 }))).toBe('te')
    }
    expect([asked('stat'), asked('read')]).toEqual([1, 1])
  })

  test('asks again for a stat that is to be fresh, and after what lay aside may have come back', async () => {
    const { storage, b } = cached()
    await b.write(p('/f'), bytesOf('old'))
    await b.stat(p('/f'))
    await storage.write(p('/f'), bytesOf('by others'))
    expect([(await b.stat(p('/f'))).size, (await b.stat(p('/f'), { fresh: true })).size]).toEqual([3, 9])
    await storage.write(p('/f'), bytesOf('again by others'))
    await b.discard(p('/f'), 'c1')
    expect((await b.stat(p('/f'))).size).toBe(15)
  })

  test('learns from a list with details, and from no other', async () => {
    const { b, asked } = cached()
    await b.write(p('/f'), bytesOf('x'))
    await Array.fromAsync(b.list(p('/')))
    await b.stat(p('/f'))
    expect(asked('stat')).toBe(1)
    await b.write(p('/f'), bytesOf('yy'))
    await Array.fromAsync(b.list(p('/'), { details: true }))
    expect(await b.stat(p('/f'))).not.toHaveProperty('name')
    expect((await b.stat(p('/f'))).size).toBe(2)
    expect(asked('stat')).toBe(1)
  })

  test('forgets what we change ourselves, and all below it', async () => {
    const { b } = cached()
    await b.mkdir(p('/a'))
    const { etag } = await b.write(p('/a/f'), bytesOf('one'))
    await b.stat(p('/a/f'))
    await b.write(p('/a/f'), bytesOf('two!'), { ifMatch: etag })
    expect(await text(b.read(p('/a/f')))).toBe('two!')
    await b.rename(p('/a'), p('/b'))
    expect(await codeOf(b.stat(p('/a/f')))).toBe('NOT_FOUND')
    await b.stat(p('/b/f'))
    await b.trash?.put(p('/b'), 'c1')
    expect(await codeOf(b.stat(p('/b/f')))).toBe('NOT_FOUND')
    await b.trash?.back('c1', p('/b'))
    expect((await b.stat(p('/b/f'))).size).toBe(4)
    await b.remove(p('/b'), { recursive: true })
    expect(await codeOf(b.read(p('/b/f')))).toBe('NOT_FOUND')
  })

  test('shows what others change after its time, and at once to whoever says what he expects', async () => {
    const { storage, b } = cached()
    await b.write(p('/f'), bytesOf('one'))
    await b.stat(p('/f'))
    const { etag } = await storage.write(p('/f'), bytesOf('other'))
    expect(await text(b.read(p('/f'), { ifMatch: etag }))).toBe('other')
    expect(await text(b.read(p('/f')))).toBe('other')
    const short = cached({ ttlMs: 1 })
    await short.b.write(p('/f'), bytesOf('one'))
    await short.b.stat(p('/f'))
    await short.storage.write(p('/f'), bytesOf('other'))
    await expect.poll(async () => (await short.b.stat(p('/f'))).size).toBe(5)
  })

  test('does not remember an answer that a change has overtaken', async () => {
    const storage = new MemoryBackend()
    await storage.write(p('/f'), bytesOf('one'))
    const asked = Promise.withResolvers<void>()
    const slow: Backend = Object.assign(Object.create(storage) as Backend, {
      stat: async () => {
        const stat = await storage.stat(p('/f'))
        await asked.promise
        return stat
      },
      write: storage.write.bind(storage),
    })
    const b = cache(slow, { memory: new ContentMemory(1000), ttlMs: 60_000 })
    const early = b.stat(p('/f'))
    await b.write(p('/f'), bytesOf('longer'))
    asked.resolve()
    expect((await early).size).toBe(3)
    expect((await b.stat(p('/f'))).size).toBe(6)
  })

  test('keeps what is written, if it is small', async () => {
    const { b, asked } = cached()
    await b.write(p('/f'), bytesOf('con', 'tent'))
    await b.write(p('/large'), bytesOf(noise(PAGE), noise(1)))
    await b.write(p('/empty'), bytesOf())
    expect([await text(b.read(p('/f'))), await text(b.read(p('/empty')))]).toEqual(['content', ''])
    expect(asked('read')).toBe(0)
    await text(b.read(p('/large')))
    expect(asked('read')).toBe(1)
  })

  test('is passed by whoever wants to see what the storage itself has', async () => {
    const { storage, b } = cached()
    await b.write(p('/f'), bytesOf('written'))
    await storage.write(p('/f'), bytesOf('rotten'))
    expect(await text(b.read(p('/f'), { fresh: true }))).toBe('rotten')
  })

  test('leaves long reads to the storage, and stays within its bytes', async () => {
    const { storage, b, asked } = cached({ maxBytes: 2 * PAGE })
    await storage.write(p('/large'), bytesOf(noise(5 * PAGE)))
    for (let i = 0; i < 2; i++) await text(b.read(p('/large')))
    expect(asked('read')).toBe(2)
    for (const name of ['a', 'b', 'c']) await storage.write(p(`/${name}`), bytesOf(noise(PAGE)))
    for (const name of ['a', 'b', 'c', 'a']) await text(b.read(p(`/${name}`)))
    expect(asked('read')).toBe(2 + 4)
  })

  test('shares its bytes with the caches of other storages, and no content', async () => {
    const memory = new ContentMemory(2 * PAGE)
    const two = ['one', 'other'].map((name) => ({ name, ...cached({ memory }) }))
    for (const { storage, name } of two) await storage.write(p('/f'), bytesOf(name.padEnd(PAGE, name)))
    for (const { storage } of two) await storage.write(p('/g'), bytesOf(noise(PAGE)))
    const read = async (path: string): Promise<void> => {
      for (const { b, name } of two) expect((await text(b.read(p(path)))).startsWith(path === '/f' ? name : '')).toBe(true)
    }
    for (const path of ['/f', '/f', '/g', '/f']) await read(path)
    expect(two.map(({ asked }) => asked('read'))).toEqual([3, 3])
  })

  test('gives any range as the storage does, and asks for each page once', async () => {
    const { storage, b, asked } = cached()
    const content = noise(3 * PAGE + 100)
    await storage.write(p('/f'), bytesOf(content))
    const ranges = [
      [0, 10],
      [PAGE - 5, 10],
      [PAGE, PAGE],
      [2 * PAGE + 7, 9 * PAGE],
      [3 * PAGE + 99, 5],
      [3 * PAGE + 100, 5],
      [9 * PAGE, 1],
      [5, 0],
    ] as const
    for (const [offset, length] of ranges) {
      const read = await Array.fromAsync(b.read(p('/f'), { offset, length }))
      expect(Buffer.concat(read).equals(content.subarray(offset, offset + length))).toBe(true)
    }
    expect(asked('read')).toBe(3) // the first, the second with nothing of the first, the last two together
  })

  test('fetches the next page for whoever reads on', async () => {
    const { storage, b, asked } = cached()
    const content = noise(3 * PAGE)
    await storage.write(p('/f'), bytesOf(content))
    await text(b.read(p('/f'), { offset: 0, length: 1000 }))
    await text(b.read(p('/f'), { offset: 5000, length: 1000 }))
    expect(asked('read')).toBe(1)
    await text(b.read(p('/f'), { offset: 6000, length: 1000 }))
    await expect.poll(() => asked('read')).toBe(2)
    const next = await Array.fromAsync(b.read(p('/f'), { offset: PAGE, length: 1000 }))
    expect(Buffer.concat(next).equals(content.subarray(PAGE, PAGE + 1000))).toBe(true)
    expect(asked('read')).toBe(2)
    await b[Symbol.asyncDispose]()
  })

  test('asks the storage itself when a remembered page would not fit what stands there now', async () => {
    const { storage, b } = cached()
    await storage.write(p('/f'), bytesOf(noise(2 * PAGE)))
    await text(b.read(p('/f'), { offset: 0, length: 10 }))
    await storage.write(p('/f'), bytesOf('short'))
    expect(await text(b.read(p('/f'), { offset: PAGE, length: 10 }))).toBe('')
    expect(await text(b.read(p('/f')))).toBe('short')
  })

  test('gives every reader bytes of his own', async () => {
    const { b } = cached()
    await b.write(p('/f'), bytesOf('content'))
    for await (const part of b.read(p('/f'))) part.fill(0)
    expect(await text(b.read(p('/f')))).toBe('content')
  })
})
