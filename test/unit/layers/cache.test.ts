import { describe, expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Backend } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { cache } from '../../../src/layers/cache.ts'
import { Meter } from '../../../src/layers/meter.ts'
import { metrics } from '../../../src/layers/metrics.ts'
import { codeOf, noise, text } from '../../contract/support.ts'

function cached(options = { maxBytes: 1_000_000, ttlMs: 60_000 }): { readonly storage: Backend; readonly b: Backend; readonly asked: (op: string) => number } {
  const storage = new MemoryBackend()
  const meter = new Meter()
  const asked = (op: string): number => meter.usage().operations[op]?.calls ?? 0
  return { storage, b: cache(metrics(storage, meter), options), asked }
}

describe('the cache', () => {
  test('asks the storage once', async () => {
    const { b, asked } = cached()
    await b.write(p('/f'), bytesOf('content'))
    for (let i = 0; i < 3; i++) {
      expect((await b.stat(p('/f'))).size).toBe(7)
      expect(await text(b.read(p('/f')))).toBe('content')
      expect(await text(b.read(p('/f'), { offset: 3, length: 2 }))).toBe('te')
    }
    expect([asked('stat'), asked('read')]).toEqual([1, 1])
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
    const short = cached({ maxBytes: 1000, ttlMs: 1 })
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
    const b = cache(slow, { maxBytes: 1000, ttlMs: 60_000 })
    const early = b.stat(p('/f'))
    await b.write(p('/f'), bytesOf('longer'))
    asked.resolve()
    expect((await early).size).toBe(3)
    expect((await b.stat(p('/f'))).size).toBe(6)
  })

  test('leaves large contents to the storage, and stays within its bytes', async () => {
    const { b, asked } = cached({ maxBytes: 100_000, ttlMs: 60_000 })
    await b.write(p('/large'), bytesOf(noise(70_000)))
    for (let i = 0; i < 2; i++) await text(b.read(p('/large')))
    expect(asked('read')).toBe(2)
    for (const name of ['a', 'b', 'c']) await b.write(p(`/${name}`), bytesOf(noise(50_000)))
    for (const name of ['a', 'b', 'c', 'a']) await text(b.read(p(`/${name}`)))
    expect(asked('read')).toBe(2 + 4)
  })

  test('gives every reader bytes of his own', async () => {
    const { b } = cached()
    await b.write(p('/f'), bytesOf('content'))
    for await (const part of b.read(p('/f'))) part.fill(0)
    expect(await text(b.read(p('/f')))).toBe('content')
  })
})
