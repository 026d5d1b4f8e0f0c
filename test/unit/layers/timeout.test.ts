import { expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Backend } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { forward } from '../../../src/layers/forward.ts'
import { timeout } from '../../../src/layers/timeout.ts'
import { codeOf, noise, text } from '../../contract/support.ts'

const SOON = { ms: 20 }
const never = (): Promise<never> => new Promise(() => undefined)
const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Gives up as soon as it is told to, and only then. */
const obedient = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new VfsError('CANCELLED', 'told to stop'))))

const dead: Partial<Backend> = { stat: never, matches: never, locate: never, check: never, mkdir: never, rename: never, write: never }

test('ends a question that gets no answer', async () => {
  const b = timeout(forward(new MemoryBackend(), dead), SOON)
  for (const question of [b.stat(p('/f')), b.matches(p('/f'), 'x'), b.locate(p('/f')), b.check()]) {
    await expect(question).rejects.toMatchObject({ code: 'TIMEOUT', retryable: true })
  }
})

test('ends a stream whose next part does not come, and not one whose reader is slow', async () => {
  const memory = new MemoryBackend()
  await memory.write(p('/f'), bytesOf(noise(600_000)))
  const stuck = forward(memory, {
    async *read() {
      yield Buffer.from('x')
      await never()
    },
    list: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }),
  })
  expect(await codeOf(timeout(stuck, SOON).read(p('/f')))).toBe('TIMEOUT')
  expect(await codeOf(timeout(stuck, SOON).list(p('/')))).toBe('TIMEOUT')
  let size = 0
  for await (const part of timeout(memory, SOON).read(p('/f'))) {
    size += part.length
    await after(40)
  }
  expect(size).toBe(600_000)
})

test('knows that a change was given up only when the storage says so', async () => {
  const obeying = forward(new MemoryBackend(), {
    mkdir: (_, call) => obedient(call?.signal),
    rename: (_, __, options) => obedient(options?.signal),
    write: (_, __, options) => obedient(options?.signal),
  })
  const b = timeout(obeying, SOON)
  expect(await codeOf(b.mkdir(p('/d')))).toBe('TIMEOUT')
  expect(await codeOf(b.rename(p('/f'), p('/g')))).toBe('TIMEOUT')
  expect(await codeOf(b.write(p('/f'), bytesOf('x')))).toBe('TIMEOUT')
  const deaf = timeout(forward(new MemoryBackend(), dead), SOON)
  expect(await codeOf(deaf.mkdir(p('/d')))).toBe('OUTCOME_UNKNOWN')
  expect(await codeOf(deaf.write(p('/f'), bytesOf('x')))).toBe('OUTCOME_UNKNOWN')
})

test('takes a late answer to a change for what it is', async () => {
  const late = forward(new MemoryBackend(), { mkdir: () => after(30) })
  expect(await codeOf(timeout(late, SOON).mkdir(p('/d')))).toBe('none')
})

test('leaves a write longer than any other, if that is said', async () => {
  const late = forward(new MemoryBackend(), {
    write: async (_, __, { signal } = {}) => {
      await after(60)
      signal?.throwIfAborted()
      return { kind: 'file', size: 1, modified: new Date(0), etag: 'e' }
    },
  })
  expect(await codeOf(timeout(late, { ...SOON, writeMs: 60_000 }).write(p('/f'), bytesOf('x')))).toBe('none')
})

test('leaves a write its slow source and its slow caller', async () => {
  const memory = new MemoryBackend()
  const b = timeout(memory, SOON)
  const slow = (async function* () {
    yield Buffer.from('a')
    await after(60)
    yield Buffer.from('b')
  })()
  await b.write(p('/f'), slow, { staged: () => after(60) })
  expect(await text(memory.read(p('/f')))).toBe('ab')
})

test("leaves the caller's own abort the caller's", async () => {
  const b = timeout(forward(new MemoryBackend(), { stat: (_, call) => obedient(call?.signal) }), { ms: 60_000 })
  const call = new AbortController()
  const stat = codeOf(b.stat(p('/f'), { signal: call.signal }))
  call.abort()
  expect(await stat).toBe('CANCELLED')
})
