import { statfs, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { peakDuring } from '../support/memory-of.ts'
import { emptyPlace, host } from '../support/program.ts'
import { requires } from '../support/requires.ts'

const MIB = 2 ** 20
const GIB = 1024 * MIB
const LARGE = 10 * GIB
/** Of 8 GiB more. What is read waits for the collector: with a forced one 6 GiB leave 2 MB, without it the heap swings by tens on a busy machine. */
const GROWTH = 64 * MIB

beforeEach(requires('/proc', () => process.platform === 'linux'))
beforeEach(requires('15 GiB on the disk of temporary files', hasRoom))

async function hasRoom(): Promise<boolean> {
  const { bavail, bsize } = await statfs(tmpdir())
  return bavail * bsize > LARGE * 1.5
}

test('memory does not grow with a file that is copied across mounts, hashed, and read at its end: 10 GiB as 2 GiB', async () => {
  await using place = await emptyPlace()
  await using agent = await host(place, [place.work, '--toolsets', 'all'])
  const peakFor = async (size: number): Promise<number> => {
    const [large, copy] = [join(place.work, `large-${size}`), `/local/copy-${size}`]
    await writeFile(large, '')
    await truncate(large, size)
    return peakDuring(agent.pid, async () => {
      for (const [tool, args] of [
        ['vfs_copy', { from: large, to: copy }],
        ['vfs_hash', { path: copy }],
        ['vfs_read', { path: copy, byte_offset: size - 1024, byte_length: 1024 }],
      ] as const)
        expect((await agent.client.callTool({ name: tool, arguments: args }, { timeout: 900_000 })).isError).not.toBe(true)
    })
  }
  await peakFor(GIB) // the first work of a process takes memory that all later work uses again
  const small = await peakFor(2 * GIB)
  expect((await peakFor(LARGE)) - small).toBeLessThan(GROWTH)
}, 1_800_000)
