import { statfs, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { residentBytes } from '../support/memory-of.ts'
import { emptyPlace, host } from '../support/program.ts'
import { requires } from '../support/requires.ts'

const MIB = 2 ** 20
const LARGE = 10 * 1024 * MIB
const BAND = 20 * MIB // what the collector has not taken yet

beforeEach(requires('/proc', () => process.platform === 'linux'))
beforeEach(requires('12 GiB on the disk of temporary files', hasRoom))

async function hasRoom(): Promise<boolean> {
  const { bavail, bsize } = await statfs(tmpdir())
  return bavail * bsize > LARGE * 1.2
}

test('memory stays flat while 10 GiB are copied across mounts, hashed, and read at their end', async () => {
  await using place = await emptyPlace()
  await using agent = await host(place, [place.work, '--toolsets', 'all'])
  const large = join(place.work, 'large')
  await writeFile(large, '')
  await truncate(large, LARGE)
  const seen = await memoryDuring(agent.pid, async () => {
    for (const [tool, args] of [
      ['vfs_copy', { from: large, to: '/local/copy' }],
      ['vfs_hash', { path: '/local/copy' }],
      ['vfs_read', { path: '/local/copy', byte_offset: LARGE - 1024, byte_length: 1024 }],
    ] as const)
      expect((await agent.client.callTool({ name: tool, arguments: args }, { timeout: 900_000 })).isError).not.toBe(true)
  })
  const steady = seen.slice(seen.length / 10).toSorted((a, b) => a - b) // without what the first calls load
  const median = steady[steady.length >> 1] ?? Number.NaN
  expect((steady.at(-1) ?? Number.NaN) - median).toBeLessThan(BAND)
  expect(median - (steady[0] ?? Number.NaN)).toBeLessThan(BAND)
}, 1_800_000)

async function memoryDuring(pid: number, work: () => Promise<void>): Promise<number[]> {
  const seen: number[] = []
  const watch = setInterval(() => void residentBytes(pid).then((now) => seen.push(now)), 20)
  try {
    await work()
  } finally {
    clearInterval(watch)
  }
  return seen
}
