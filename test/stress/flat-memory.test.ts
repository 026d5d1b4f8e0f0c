import { statfs, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { residentBytes } from '../support/memory-of.ts'
import { emptyPlace, host } from '../support/program.ts'
import { requires } from '../support/requires.ts'

const MIB = 2 ** 20
const LARGE = 10 * 1024 * MIB
const GROWTH = 20 * MIB // what the collector has not taken yet

beforeEach(requires('/proc', () => process.platform === 'linux'))
beforeEach(requires('12 GiB on the disk of temporary files', hasRoom))

async function hasRoom(): Promise<boolean> {
  const { bavail, bsize } = await statfs(tmpdir())
  return bavail * bsize > LARGE * 1.2
}

test('what a file needs in memory does not grow with the file: copied across mounts, hashed, read at its end', async () => {
  await using place = await emptyPlace()
  await using agent = await host(place, [place.work, '--toolsets', 'all'])
  const peakFor = async (size: number): Promise<number> => {
    const large = join(place.work, `large-${size}`)
    await writeFile(large, '')
    await truncate(large, size)
    return peakDuring(agent.pid, async () => {
      for (const [tool, args] of [
        ['vfs_copy', { from: large, to: `/local/copy-${size}` }],
        ['vfs_hash', { path: `/local/copy-${size}` }],
        ['vfs_read', { path: `/local/copy-${size}`, byte_offset: size - 1024, byte_length: 1024 }],
      ] as const)
        expect((await agent.client.callTool({ name: tool, arguments: args }, { timeout: 900_000 })).isError).not.toBe(true)
    })
  }
  const small = await peakFor(256 * MIB)
  expect((await peakFor(LARGE)) - small).toBeLessThan(GROWTH)
}, 1_800_000)

async function peakDuring(pid: number, work: () => Promise<void>): Promise<number> {
  let peak = 0
  const watch = setInterval(() => void residentBytes(pid).then((now) => (peak = Math.max(peak, now))), 20)
  try {
    await work()
  } finally {
    clearInterval(watch)
  }
  return peak
}
