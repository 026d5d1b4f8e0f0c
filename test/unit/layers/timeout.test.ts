import { expect, onTestFinished, test, vi } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Backend, Call, Trash } from '../../../src/core/backend.ts'
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

/** Of a storage that hears nothing and says nothing. */
const deafTrash: Trash = {
  put: never,
  back: never,
  keep: never,
  drop: never,
  contents: {
    stat: never,
    list: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }),
    read: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }),
  },
}

test.each<[string, (b: Backend) => Promise<unknown> | undefined]>([
  ['a removal', (b) => b.remove(p('/f'), { recursive: true })],
  ['a copy', (b) => b.copy(p('/f'), p('/g'))],
  ['a graft', (b) => b.graft(p('/f'), 'cid')],
  ['a discard', (b) => b.discard(p('/f'), 'c1')],
  ['putting into the trash', (b) => b.trash?.put(p('/f'), 'c1')],
  ['bringing back', (b) => b.trash?.back('c1', p('/f'))],
  ['keeping', (b) => b.trash?.keep(p('/f'), 'c1')],
  ['dropping', (b) => b.trash?.drop('c1')],
])('%s that gets no answer is in doubt, or was given up if the storage says so', async (_, act) => {
  const deaf = forward(new MemoryBackend(), { remove: never, copy: never, graft: never, discard: never, trash: deafTrash })
  await expect(act(timeout(deaf, SOON))).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  const given = (...args: readonly unknown[]): Promise<never> =>
    obedient(args.map((arg) => (arg as Call | undefined)?.signal).find((signal) => signal !== undefined))
  const trash = { ...deafTrash, put: given, back: given, keep: given, drop: given }
  const obeying = forward(new MemoryBackend(), { remove: given, copy: given, graft: given, discard: given, trash })
  await expect(act(timeout(obeying, SOON))).rejects.toMatchObject({ code: 'TIMEOUT' })
})

test('ends a look into the trash that gets no answer', async () => {
  const { trash } = timeout(forward(new MemoryBackend(), { trash: deafTrash }), SOON)
  for (const look of [trash?.contents.stat(p('/c1')), trash?.contents.list(p('/c1')), trash?.contents.read(p('/c1'))])
    expect(await codeOf(look ?? Promise.resolve())).toBe('TIMEOUT')
})

test('lets a change go on that tells of every part of it which is done, and no longer', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const part = async (call: Call = {}): Promise<void> => {
    await after(15)
    if (call.signal?.aborted) throw new VfsError('CANCELLED', 'told to stop')
  }
  const slow = (told: boolean): Partial<Backend> => ({
    remove: async (_, call) => {
      for (let parts = 0; parts < 5; parts++) await part(call).then(told ? call?.going : undefined)
    },
  })
  const [telling, silent] = [true, false].map((told) => codeOf(timeout(forward(new MemoryBackend(), slow(told)), SOON).remove(p('/d'), { recursive: true })))
  await vi.runAllTimersAsync()
  expect([await telling, await silent]).toEqual(['none', 'TIMEOUT'])
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
