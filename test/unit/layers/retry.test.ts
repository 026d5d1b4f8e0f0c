import { expect, test, vi } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Backend } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { type ErrorCode, VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { forward } from '../../../src/layers/forward.ts'
import { retry } from '../../../src/layers/retry.ts'
import { codeOf, names, text } from '../../contract/support.ts'

const QUICK = { attempts: 3, baseMs: 1, maxMs: 2 }

/** A storage whose every call fails so many times before it succeeds. */
async function flaky(failures: number, code: ErrorCode = 'UNAVAILABLE'): Promise<{ readonly backend: Backend; readonly calls: string[] }> {
  const memory = new MemoryBackend()
  await memory.write(p('/f'), bytesOf('content'))
  await memory.write(p('/g'), bytesOf('other'))
  const calls: string[] = []
  const fail = (op: string): void => {
    calls.push(op)
    if (calls.filter((call) => call === op).length <= failures) throw new VfsError(code, `${op} failed`)
  }
  const backend = forward(memory, {
    stat: async (path, call) => (fail('stat'), memory.stat(path, call)),
    matches: async (path, etag, call) => (fail('matches'), memory.matches(path, etag, call)),
    locate: async (path, call) => (fail('locate'), memory.locate(path, call)),
    check: async (call) => (fail('check'), memory.check(call)),
    async *list(path, options) {
      fail('list')
      yield* memory.list(path, options)
    },
    async *read(path, options) {
      fail('read')
      yield* memory.read(path, options)
    },
    write: async (path, source, options) => (fail('write'), memory.write(path, source, options)),
    mkdir: async (path, call) => (fail('mkdir'), memory.mkdir(path, call)),
    remove: async (path, options) => (fail('remove'), memory.remove(path, options)),
    rename: async (from, to, options) => (fail('rename'), memory.rename(from, to, options)),
  })
  return { backend, calls }
}

test('asks again what may be asked again', async () => {
  const { backend, calls } = await flaky(2)
  const b = retry(backend, QUICK)
  expect((await b.stat(p('/f'))).size).toBe(7)
  expect(await b.matches(p('/f'), 'm9')).toBe(false)
  expect(await b.locate(p('/f'))).toBe('/f')
  await b.check()
  expect(await names(b, p('/'))).toEqual(['f', 'g'])
  expect(await text(b.read(p('/f')))).toBe('content')
  await b.mkdir(p('/d'))
  await b.remove(p('/g'))
  expect(calls).toHaveLength(8 * 3)
})

test('gives up after its attempts, and at once where it makes no sense', async () => {
  const down = await flaky(9)
  expect(await codeOf(retry(down.backend, QUICK).stat(p('/f')))).toBe('UNAVAILABLE')
  expect(down.calls).toHaveLength(3)
  const refusing = await flaky(9, 'PERMISSION_DENIED')
  expect(await codeOf(retry(refusing.backend, QUICK).read(p('/f')))).toBe('PERMISSION_DENIED')
  expect(refusing.calls).toHaveLength(1)
})

test('never repeats what could have taken place', async () => {
  const { backend, calls } = await flaky(1)
  const b = retry(backend, QUICK)
  expect(await codeOf(b.write(p('/f'), bytesOf('x')))).toBe('UNAVAILABLE')
  expect(await codeOf(b.rename(p('/f'), p('/h')))).toBe('UNAVAILABLE')
  expect(await codeOf(b.remove(p('/f'), { ifMatch: '*' }))).toBe('UNAVAILABLE')
  expect(calls).toEqual(['write', 'rename', 'remove'])
})

test('begins a stream again only before its first part', async () => {
  let reads = 0
  const memory = new MemoryBackend()
  const broken = forward(memory, {
    async *read() {
      reads++
      yield Buffer.from('half')
      throw new VfsError('UNAVAILABLE', 'broke off')
    },
  })
  const parts: string[] = []
  const read = async (): Promise<void> => {
    for await (const part of retry(broken, QUICK).read(p('/f'))) parts.push(Buffer.from(part).toString())
  }
  expect(await codeOf(read())).toBe('UNAVAILABLE')
  expect(parts).toEqual(['half'])
  expect(reads).toBe(1)
})

test('does not wait for a caller that has gone', async () => {
  const { backend, calls } = await flaky(9)
  const call = new AbortController()
  const stat = codeOf(retry(backend, { attempts: 5, baseMs: 3_600_000, maxMs: 3_600_000 }).stat(p('/f'), { signal: call.signal }))
  setImmediate(() => call.abort())
  expect(await stat).toBe('CANCELLED')
  expect(calls).toHaveLength(1)
})

test('comes again when the storage says so, and leaves a long pause to the caller', async () => {
  const asked: number[] = []
  const busy = (retry_after_ms: number): Backend =>
    forward(new MemoryBackend(), {
      stat: async () => {
        asked.push(performance.now())
        throw new VfsError('RATE_LIMITED', 'slow down', { details: { retry_after_ms } })
      },
    })
  expect(await codeOf(retry(busy(30), { attempts: 2, baseMs: 0, maxMs: 0 }).stat(p('/f')))).toBe('RATE_LIMITED')
  expect(asked).toHaveLength(2)
  expect(asked[1]! - asked[0]!).toBeGreaterThanOrEqual(29) // a timer may be early by a part of a millisecond
  expect(await codeOf(retry(busy(3_600_000), QUICK).stat(p('/f')))).toBe('RATE_LIMITED')
  expect(asked).toHaveLength(3)
})

test('keeps nobody waiting again for what has cost long already', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    let calls = 0
    const slow = forward(new MemoryBackend(), {
      stat: async () => {
        calls++
        vi.advanceTimersByTime(30_000)
        throw new VfsError('CONTENT_NOT_FOUND_IN_TIME', 'nobody delivered it')
      },
    })
    expect(await codeOf(retry(slow, QUICK).stat(p('/f')))).toBe('CONTENT_NOT_FOUND_IN_TIME')
    expect(calls).toBe(1)
  } finally {
    vi.useRealTimers()
  }
})
