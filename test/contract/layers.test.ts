import { MemoryBackend } from '../../backends/memory/memory.ts'
import type { Backend } from '../../src/core/backend.ts'
import { ROOT } from '../../src/core/path.ts'
import { bandwidth } from '../../src/layers/bandwidth.ts'
import { breaker } from '../../src/layers/breaker.ts'
import { cache } from '../../src/layers/cache.ts'
import { limit } from '../../src/layers/limit.ts'
import { Meter } from '../../src/layers/meter.ts'
import { metrics } from '../../src/layers/metrics.ts'
import { ContentMemory } from '../../src/layers/pages.ts'
import { readOnly } from '../../src/layers/read-only.ts'
import { retry } from '../../src/layers/retry.ts'
import { stack } from '../../src/layers/stack.ts'
import { timeout } from '../../src/layers/timeout.ts'
import { backendContract, readOnlyContract } from './backend.contract.ts'
import { type Plant, planted, plantInto } from './support.ts'

const RETRY = { attempts: 3, baseMs: 1, maxMs: 5 }
const TIMEOUT = { ms: 10_000 }
const CACHE = { memory: new ContentMemory(1024 * 1024), ttlMs: 60_000 }
const LIMIT = { calls: 2 } // one case writes while it writes
const BREAKER = { failures: 3, baseMs: 10, maxMs: 100 }
const BANDWIDTH = { download: 1 << 30, upload: 1 << 30 }

const over = (title: string, layer: (inner: Backend) => Backend): void => backendContract(`memory behind ${title}`, async () => layer(new MemoryBackend()))

over('retry', (inner) => retry(inner, RETRY))
over('timeout', (inner) => timeout(inner, TIMEOUT))
over('cache', (inner) => cache(inner, CACHE))
over('limit', (inner) => limit(inner, LIMIT))
over('breaker', (inner) => breaker(inner, BREAKER))
over('bandwidth', (inner) => bandwidth(inner, BANDWIDTH))
over('metrics', (inner) => metrics(inner, new Meter()))
const ALL = { timeout: TIMEOUT, limit: LIMIT, retry: RETRY, breaker: BREAKER, bandwidth: BANDWIDTH, cache: CACHE }
over('all of them', (inner) => metrics(stack(inner, ALL), new Meter()))

const plant: Plant = async (tree) => {
  const memory = new MemoryBackend()
  await plantInto(memory, tree)
  return planted(readOnly(memory), ROOT)
}

readOnlyContract('memory behind read-only', plant, { code: 'READ_ONLY' })
