import { expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { bandwidth } from '../../../src/layers/bandwidth.ts'
import { codeOf, noise, text } from '../../contract/support.ts'

const SECOND = 100_000

/** No pass can be quicker than what was allowed, however slow the machine is. */
async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

test('contents take the time that they are allowed, all readers together', async () => {
  const memory = new MemoryBackend()
  await memory.write(p('/f'), bytesOf(noise(SECOND / 2)))
  const b = bandwidth(memory, { download: SECOND })
  expect(await seconds(() => Promise.all([text(b.read(p('/f'))), text(b.read(p('/f')))]))).toBeGreaterThan(0.7)
})

test('so do uploads', async () => {
  const b = bandwidth(new MemoryBackend(), { upload: SECOND })
  expect(await seconds(() => b.write(p('/f'), bytesOf(noise(SECOND))))).toBeGreaterThan(0.7)
})

test('a cancelled call does not wait for its turn', async () => {
  const b = bandwidth(new MemoryBackend(), { upload: 1 })
  const call = new AbortController()
  const written = codeOf(b.write(p('/f'), bytesOf(noise(SECOND)), { signal: call.signal }))
  setImmediate(() => call.abort())
  expect(await written).toBe('CANCELLED')
  expect(await codeOf(b.stat(p('/f')))).toBe('NOT_FOUND')
})
