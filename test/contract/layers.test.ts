import { MemoryBackend } from '../../backends/memory/memory.ts'
import type { Backend } from '../../src/core/backend.ts'
import { ROOT } from '../../src/core/path.ts'
import { cache } from '../../src/layers/cache.ts'
import { Meter } from '../../src/layers/meter.ts'
import { metrics } from '../../src/layers/metrics.ts'
import { readOnly } from '../../src/layers/read-only.ts'
import { retry } from '../../src/layers/retry.ts'
import { stack } from '../../src/layers/stack.ts'
import { timeout } from '../../src/layers/timeout.ts'
import { backendContract, readOnlyContract } from './backend.contract.ts'
import { type Plant, planted, plantInto } from './support.ts'

const RETRY = { attempts: 3, baseMs: 1, maxMs: 5 }
const TIMEOUT = { ms: 10_000 }
const CACHE = { maxBytes: 1024 * 1024, ttlMs: 60_000 }

const over = (title: string, layer: (inner: Backend) => Backend): void => backendContract(`memory behind ${title}`, async () => layer(new MemoryBackend()))

over('retry', (inner) => retry(inner, RETRY))
over('timeout', (inner) => timeout(inner, TIMEOUT))
over('cache', (inner) => cache(inner, CACHE))
over('metrics', (inner) => metrics(inner, new Meter()))
over('all of them', (inner) => metrics(stack(inner, { retry: RETRY, timeout: TIMEOUT, cache: CACHE }), new Meter()))

const plant: Plant = async (tree) => {
  const memory = new MemoryBackend()
  await plantInto(memory, tree)
  return planted(readOnly(memory), ROOT)
}

readOnlyContract('memory behind read-only', plant, 'READ_ONLY')
