import { expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Backend, Bytes } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { forward } from '../../../src/layers/forward.ts'
import { limit } from '../../../src/layers/limit.ts'
import { codeOf, text } from '../../contract/support.ts'

/** A storage that answers a stat when it is told to, and says how many it was asked at once. */
function slow(memory: Backend): { readonly backend: Backend; readonly answer: () => void; readonly asked: () => number } {
  const open: (() => void)[] = []
  const backend = forward(memory, {
    stat: async (path, call) => {
      await new Promise<void>((resolve) => open.push(resolve))
      return memory.stat(path, call)
    },
  })
  return { backend, answer: () => open.shift()?.(), asked: () => open.length }
}

test('asks so much at once, and then whoever came first', async () => {
  const memory = new MemoryBackend()
  const { backend, answer, asked } = slow(memory)
  const b = limit(backend, { calls: 2 })
  const done: string[] = []
  const stats = ['/a', '/b', '/c', '/d'].map((path) => b.stat(p(path)).catch(() => done.push(path)))
  await expect.poll(asked).toBe(2)
  answer()
  await expect.poll(() => done).toEqual(['/a'])
  await expect.poll(asked).toBe(2)
  for (let i = 0; i < 3; i++) {
    answer()
    await expect.poll(() => done.length).toBe(i + 2)
  }
  await Promise.all(stats)
  expect(done).toEqual(['/a', '/b', '/c', '/d'])
})

test('lets go whoever is cancelled while waiting, and keeps his place free', async () => {
  const { backend, answer, asked } = slow(new MemoryBackend())
  const b = limit(backend, { calls: 1 })
  const first = codeOf(b.stat(p('/a')))
  await expect.poll(asked).toBe(1)
  const call = new AbortController()
  const second = codeOf(b.stat(p('/b'), { signal: call.signal }))
  const third = codeOf(b.stat(p('/c')))
  call.abort()
  expect(await second).toBe('CANCELLED')
  answer()
  expect(await first).toBe('NOT_FOUND')
  await expect.poll(asked).toBe(1)
  answer()
  expect(await third).toBe('NOT_FOUND')
})

test('with one place a tree is listed while it is read, and a file is written from another one of the same storage', async () => {
  const b = limit(new MemoryBackend(), { calls: 1 })
  for (const name of ['a', 'b']) await b.write(p(`/${name}`), bytesOf(name))
  const seen: string[] = []
  for await (const { name } of b.list(p('/'))) seen.push(`${(await b.stat(p(`/${name}`))).size} ${await text(b.read(p(`/${name}`)))}`)
  expect(seen).toEqual(['1 a', '1 b'])
  const both = async function* (): Bytes {
    for (const name of ['a', 'b']) yield* b.read(p(`/${name}`))
  }
  await Promise.all(['/c', '/d', '/e'].map((path) => b.write(p(path), both())))
  expect(await text(b.read(p('/e')))).toBe('ab')
})
