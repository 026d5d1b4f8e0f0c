import { statfs, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { rangeDuring } from '../support/memory-of.ts'
import { emptyPlace, host } from '../support/program.ts'
import { requires } from '../support/requires.ts'

const MIB = 2 ** 20
const GIB = 1024 * MIB
const LARGE = 10 * GIB
/** To both sides. */
const SWING = 20 * MIB

beforeEach(requires('/proc', () => process.platform === 'linux'))
beforeEach(requires('15 GiB on the disk of temporary files', hasRoom))

async function hasRoom(): Promise<boolean> {
  const { bavail, bsize } = await statfs(tmpdir())
  return bavail * bsize > LARGE * 1.5
}

test('memory stays where it is while 10 GiB are copied across mounts, hashed, and read at their end', async () => {
  await using place = await emptyPlace()
  await using agent = await host(place, [place.work, '--toolsets', 'all'])
  const during = async (size: number): ReturnType<typeof rangeDuring> => {
    const [large, copy] = [join(place.work, `large-${size}`), `/local/copy-${size}`]
    await writeFile(large, '')
    await truncate(large, size)
    return rangeDuring(agent.pid, async () => {
      for (const [tool, args] of [
        ['vfs_copy', { from: large, to: copy }],
        ['vfs_hash', { path: copy }],
        ['vfs_read', { path: copy, byte_offset: size - 1024, byte_length: 1024 }],
      ] as const)
        expect((await agent.client.callTool({ name: tool, arguments: args }, { timeout: 900_000 })).isError).not.toBe(true)
    })
  }
  await during(GIB) // a first large copy loads what is loaded late: code of ours and of Node, and the threads that hash
  const { least, most } = await during(LARGE)
  expect(most - least).toBeLessThan(2 * SWING)
}, 1_800_000)

test('a first copy inside one folder takes no more memory than that', async () => {
  await using place = await emptyPlace()
  await using agent = await host(place, [place.work, '--toolsets', 'all'])
  const large = join(place.work, 'large')
  await writeFile(large, '')
  await truncate(large, GIB)
  const { least, most } = await rangeDuring(agent.pid, async () => {
    expect((await agent.client.callTool({ name: 'vfs_copy', arguments: { from: large, to: `${large}-copy` } }, { timeout: 300_000 })).isError).not.toBe(true)
  })
  expect(most - least).toBeLessThan(2 * SWING)
}, 300_000)
