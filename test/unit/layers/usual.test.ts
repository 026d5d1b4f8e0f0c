import { expect, test } from 'vitest'
import { BACKENDS } from '../../../backends/all.ts'
import { HERE, layersOf } from '../../../src/layers/usual.ts'
import { ContentMemory } from '../../../src/layers/pages.ts'

const memory = new ContentMemory(1000)
const of = (type: string) => BACKENDS[type]!.usual

test('a storage that is away has its usual layers, one that is here has none', () => {
  expect(layersOf(of('s3'), {}, memory)).toMatchObject({ timeout: { ms: 120_000 }, breaker: { failures: 5 }, cache: { ttlMs: 2000 } })
  expect(layersOf(of('cluster'), {}, memory)).toMatchObject({ retry: { attempts: 3 }, breaker: { failures: 5 } })
  expect(Object.values(layersOf(of('local'), {}, memory)).filter((layer) => layer !== undefined)).toEqual([])
})

test('every type that may be down has a bound for its answers', () => {
  for (const [type, { usual }] of Object.entries(BACKENDS)) expect(usual === HERE || usual.timeout !== undefined, type).toBe(true)
  expect(Object.keys(BACKENDS).filter((type) => of(type) === HERE)).toEqual(['local', 'memory', 'mfs'])
})

test('what a person wishes goes first', () => {
  expect(layersOf(of('s3'), { cache_ms: 0 }, memory).cache).toBeUndefined()
  expect(layersOf(of('rclone'), { cache_ms: 500, limits: { calls: 4, upload: 1000 } }, memory)).toMatchObject({
    cache: { ttlMs: 500 },
    limit: { calls: 4 },
    bandwidth: { upload: 1000 },
  })
})
