import { describe, expect, test } from 'vitest'
import { MemoryBackend } from '../../backends/memory/memory.ts'
import { bytesOf } from '../../src/core/bytes.ts'
import { vfsPath as p } from '../../src/core/path.ts'
import { codeOf, content, dying, names, noise, text } from '../contract/support.ts'

describe('the limit of a memory storage', () => {
  test('holds for all content together, the trash with it', async () => {
    const b = new MemoryBackend({ maxBytes: 100 })
    await b.write(p('/a'), bytesOf(noise(60)))
    await expect(b.write(p('/b'), bytesOf(noise(41)))).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED', details: { limit: 100 } })
    expect(await codeOf(b.copy(p('/a'), p('/b')))).toBe('QUOTA_EXCEEDED')
    expect(await codeOf(b.trash.keep(p('/a'), 'c1'))).toBe('QUOTA_EXCEEDED')
    expect(await codeOf(b.trash.back('c1', p('/b')))).toBe('NOT_FOUND')
    expect(await names(b, p('/'))).toEqual(['a'])
    await b.trash.put(p('/a'), 'c1')
    expect(await codeOf(b.write(p('/b'), bytesOf(noise(41))))).toBe('QUOTA_EXCEEDED')
    await b.trash.drop('c1')
    expect(await codeOf(b.write(p('/b'), bytesOf(noise(100))))).toBe('none')
  })

  test('gets back what a failed write, a replaced and a removed file took', async () => {
    const b = new MemoryBackend({ maxBytes: 100 })
    for (let i = 0; i < 5; i++) {
      expect(await codeOf(b.write(p('/f'), dying(noise(50))))).toBe('SOURCE_FAILED')
      expect(await codeOf(b.write(p('/no/f'), bytesOf(noise(50))))).toBe('NOT_FOUND')
      await b.write(p('/f'), bytesOf(noise(40)))
      await b.mkdir(p('/d'))
      await b.write(p('/d/g'), bytesOf(noise(10)))
      expect(await codeOf(b.copy(p('/f'), p('/d/g')))).toBe('ALREADY_EXISTS')
      await b.remove(p('/d'), { recursive: true })
    }
    await b.remove(p('/f'))
    expect(await codeOf(b.write(p('/f'), bytesOf(noise(100))))).toBe('none')
  })
})

test('a source may use its buffer again', async () => {
  const b = new MemoryBackend()
  const buffer = Buffer.alloc(1000)
  const source = (async function* () {
    for (let i = 0; i < 700; i++) yield buffer.fill(i % 256)
  })()
  await b.write(p('/f'), source)
  const bytes = await content(b.read(p('/f')))
  expect(bytes.every((byte, i) => byte === Math.floor(i / 1000) % 256)).toBe(true)
})

test('a reader keeps the content that it began', async () => {
  const b = new MemoryBackend()
  await b.write(p('/f'), bytesOf('before'))
  const reading = b.read(p('/f'))[Symbol.asyncIterator]()
  const first = await reading.next()
  await b.write(p('/f'), bytesOf('after'))
  expect(Buffer.from(first.value as Uint8Array).toString()).toBe('before')
  expect((await reading.next()).done).toBe(true)
  expect(await text(b.read(p('/f')))).toBe('after')
})

test('every storage in memory is a volume of its own', () => {
  expect(new MemoryBackend().volume).not.toBe(new MemoryBackend().volume)
})
