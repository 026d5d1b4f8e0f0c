import { expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { Meter } from '../../../src/layers/meter.ts'
import { metrics } from '../../../src/layers/metrics.ts'
import { codeOf, text } from '../../contract/support.ts'

test('counts calls, errors, bytes and what is open', async () => {
  const meter = new Meter()
  const b = metrics(new MemoryBackend(), meter)
  await b.write(p('/f'), bytesOf('hello', ' world'))
  expect(await text(b.read(p('/f'), { length: 5 }))).toBe('hello')
  expect(await codeOf(b.read(p('/no')))).toBe('NOT_FOUND')
  expect(await codeOf(b.stat(p('/no')))).toBe('NOT_FOUND')
  await b.trash?.put(p('/f'), 'c1')
  const reader = b.list(p('/'))[Symbol.asyncIterator]()
  expect((await reader.next()).done).toBe(true)
  await b.check()
  const { operations, ...totals } = meter.usage()
  expect(totals).toEqual({ calls: 6, errors: 2, bytes_read: 5, bytes_written: 11, open: 0 })
  expect(operations['read']).toMatchObject({ calls: 2, errors: 1 })
  expect(operations['write']).toMatchObject({ calls: 1, errors: 0 })
  expect(operations['stat']).toMatchObject({ calls: 1, errors: 1 })
  expect(operations['trash']).toMatchObject({ calls: 1, errors: 0 })
  for (const { latency_ms } of Object.values(operations)) {
    expect(latency_ms.p50).toBeGreaterThan(0)
    expect(latency_ms.p99).toBeGreaterThanOrEqual(latency_ms.p50)
    expect(latency_ms.max).toBeGreaterThanOrEqual(latency_ms.p99)
  }
})

test('a stream is open until its reader stops', async () => {
  const meter = new Meter()
  const b = metrics(new MemoryBackend(), meter)
  await b.write(p('/f'), bytesOf('x'))
  const reader = b.read(p('/f'))[Symbol.asyncIterator]()
  await reader.next()
  expect(meter.usage().open).toBe(1)
  await reader.return?.()
  expect(meter.usage().open).toBe(0)
})

test('passes on what is not measured', async () => {
  const memory = new MemoryBackend()
  const b = metrics(memory, new Meter())
  expect(b.volume).toBe(memory.volume)
  expect(b.find('/f')).toBe('/f')
  await b.write(p('/f'), bytesOf('x'))
  await b[Symbol.asyncDispose]()
  expect(await codeOf(memory.stat(p('/f')))).toBe('none')
})
