import { expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { forward } from '../../../src/layers/forward.ts'
import { Meter } from '../../../src/layers/meter.ts'
import { metrics } from '../../../src/layers/metrics.ts'
import { ContentMemory } from '../../../src/layers/pages.ts'
import { stack } from '../../../src/layers/stack.ts'
import { codeOf, text } from '../../contract/support.ts'

const RETRY = { attempts: 3, baseMs: 1, maxMs: 2 }

test('without options it is the storage itself', () => {
  const memory = new MemoryBackend()
  expect(stack(memory, {})).toBe(memory)
})

test('every attempt has its own time, and a meter around them sees one call', async () => {
  let attempts = 0
  const memory = new MemoryBackend()
  await memory.write(p('/f'), bytesOf('content'))
  const slow = forward(memory, { stat: (path, call) => (++attempts < 3 ? new Promise(() => undefined) : memory.stat(path, call)) })
  const meter = new Meter()
  const b = metrics(stack(slow, { timeout: { ms: 10 }, retry: RETRY, cache: { memory: new ContentMemory(1000), ttlMs: 60_000 } }), meter)
  expect(await text(b.read(p('/f')))).toBe('content')
  expect((await b.stat(p('/f'))).size).toBe(7)
  expect(attempts).toBe(3)
  expect(meter.usage().operations['stat']).toMatchObject({ calls: 1, errors: 0 })
})

test('what is refused reaches nothing', async () => {
  const touched = forward(new MemoryBackend(), {
    write: async () => {
      throw new VfsError('INTERNAL', 'it was asked')
    },
  })
  expect(await codeOf(stack(touched, { readOnly: true }).write(p('/f'), bytesOf('x')))).toBe('READ_ONLY')
})

test('the trash goes through every layer', async () => {
  const b = metrics(
    stack(new MemoryBackend(), { timeout: { ms: 10_000 }, retry: RETRY, cache: { memory: new ContentMemory(1000), ttlMs: 60_000 } }),
    new Meter(),
  )
  await b.write(p('/f'), bytesOf('content'))
  expect(await b.discard(p('/f'), 'c1')).toBe(false)
  await b.trash?.keep(p('/f'), 'c1')
  await b.trash?.drop('c1')
  expect(await codeOf(b.trash?.contents.stat(p('/c1')) ?? Promise.resolve())).toBe('NOT_FOUND')
})
