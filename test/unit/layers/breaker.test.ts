import { expect, onTestFinished, test, vi } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Backend, Bytes } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { type ErrorCode, VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { breaker } from '../../../src/layers/breaker.ts'
import { forward } from '../../../src/layers/forward.ts'
import { codeOf, text } from '../../contract/support.ts'

const QUICK = { failures: 2, baseMs: 1, maxMs: 2 }
const LONG = { failures: 2, baseMs: 3_600_000, maxMs: 3_600_000 }

/** A storage that can be taken down, and counts how often it was asked. */
function fragile(): { readonly backend: Backend; readonly state: { down: ErrorCode | undefined; asked: number } } {
  const memory = new MemoryBackend()
  const state: { down: ErrorCode | undefined; asked: number } = { down: undefined, asked: 0 }
  const ask = (): void => {
    state.asked++
    if (state.down) throw new VfsError(state.down, 'there is nobody')
  }
  const backend = forward(memory, {
    check: async () => ask(),
    stat: async (path, call) => (ask(), memory.stat(path, call)),
    async *read(path, options) {
      ask()
      yield* memory.read(path, options)
    },
  })
  return { backend, state }
}

test('leaves a storage alone that does not answer, and says when it is tried again', async () => {
  const { backend, state } = fragile()
  const b = breaker(backend, LONG)
  state.down = 'TIMEOUT'
  expect(await codeOf(b.stat(p('/')))).toBe('TIMEOUT')
  expect(await codeOf(text(b.read(p('/f'))))).toBe('TIMEOUT')
  const refused = await b.check().then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(refused).toMatchObject({ code: 'UNAVAILABLE', retryable: true, hint: expect.stringContaining('tried again in 3600 s') })
  expect(await codeOf(text(b.read(p('/f'))))).toBe('UNAVAILABLE')
  expect(await codeOf(b.write(p('/f'), bytesOf('x')))).toBe('UNAVAILABLE')
  expect(state.asked).toBe(2)
})

test('after the pause one call tries it, and what it finds holds for all', async () => {
  const { backend, state } = fragile()
  const b = breaker(backend, QUICK)
  state.down = 'UNAVAILABLE'
  for (let i = 0; i < 4; i++) await codeOf(b.stat(p('/')))
  state.down = undefined
  await expect.poll(() => codeOf(b.check())).toBe('none')
  const asked = state.asked
  await Promise.all([b.stat(p('/')), b.stat(p('/')), b.check()])
  expect(state.asked).toBe(asked + 3)
})

test('while the one call that tries it hangs, nobody else asks, and its health says so', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { backend, state } = fragile()
  const { promise: answer, resolve: release } = Promise.withResolvers<void>()
  let hangs = false
  const slow = forward(backend, {
    stat: async (path, call) => {
      const stat = backend.stat(path, call)
      if (hangs) await answer
      return stat
    },
  })
  const b = breaker(slow, LONG)
  state.down = 'UNAVAILABLE'
  for (let i = 0; i < 2; i++) await codeOf(b.stat(p('/')))
  state.down = undefined
  hangs = true
  const { asked } = state
  vi.advanceTimersByTime(LONG.baseMs)
  const trial = codeOf(b.stat(p('/')))
  const others = Array.from({ length: 9 }, () => codeOf(b.stat(p('/'))))
  expect(await Promise.all(others)).toEqual(others.map(() => 'UNAVAILABLE'))
  expect(await codeOf(b.check())).toBe('UNAVAILABLE')
  expect(state.asked).toBe(asked + 1)
  release()
  expect(await trial).toBe('none')
  expect(await codeOf(b.check())).toBe('none')
})

test('what a storage answers, and what a caller or a source does, does not speak against it', async () => {
  const { backend, state } = fragile()
  const b = breaker(backend, LONG)
  const dead = async function* (): Bytes {
    yield Buffer.from('x')
    throw new VfsError('UNAVAILABLE', 'the other storage is down')
  }
  for (let i = 0; i < 5; i++) {
    expect(await codeOf(b.stat(p('/missing')))).toBe('NOT_FOUND')
    expect(await codeOf(b.write(p('/f'), dead()))).toBe('UNAVAILABLE')
    expect(await codeOf(b.stat(p('/f'), { signal: AbortSignal.abort() }))).toBe('CANCELLED')
  }
  await b.write(p('/f'), bytesOf('content'))
  expect(await text(b.read(p('/f')))).toBe('content')
  state.down = 'RATE_LIMITED'
  for (let i = 0; i < 3; i++) expect(await codeOf(b.stat(p('/f')))).toBe('RATE_LIMITED')
})
