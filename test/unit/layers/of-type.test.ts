import { expect, test } from 'vitest'
import { layersOf } from '../../../src/layers/of-type.ts'
import { ContentMemory } from '../../../src/layers/pages.ts'

const memory = new ContentMemory(1000)

test('a storage that is away has its usual layers, one that is here has none', () => {
  expect(layersOf('s3', {}, memory)).toMatchObject({ timeout: { ms: 120_000 }, breaker: { failures: 5 }, cache: { ttlMs: 2000 } })
  expect(layersOf('cluster', {}, memory)).toMatchObject({ retry: { attempts: 3 }, breaker: { failures: 5 } })
  expect(Object.values(layersOf('local', {}, memory)).filter((layer) => layer !== undefined)).toEqual([])
  expect(Object.values(layersOf('constructor', {}, memory)).filter((layer) => layer !== undefined)).toEqual([])
})

test('what a person wishes goes first', () => {
  expect(layersOf('s3', { cache_ms: 0 }, memory).cache).toBeUndefined()
  expect(layersOf('rclone', { cache_ms: 500, limits: { calls: 4, upload: 1000 } }, memory)).toMatchObject({
    cache: { ttlMs: 500 },
    limit: { calls: 4 },
    bandwidth: { upload: 1000 },
  })
})
