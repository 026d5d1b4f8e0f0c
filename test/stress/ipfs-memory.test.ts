import { randomBytes } from 'node:crypto'
import { open, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { peakDuring } from '../support/memory-of.ts'
import { emptyPlace, host } from '../support/program.ts'
import { requires } from '../support/requires.ts'

const MIB = 2 ** 20
const GIB = 1024 * MIB
const ROUNDS = 10
const MOST = 300 * MIB

beforeEach(requires('/proc', () => process.platform === 'linux'))
beforeEach(requires('15 GiB on the disk of temporary files', hasRoom))

async function hasRoom(): Promise<boolean> {
  const { bavail, bsize } = await statfs(tmpdir())
  return bavail * bsize > 15 * GIB
}

/** A file of 1 GiB, each block of which is another one in each round. */
async function write(file: string, round: number): Promise<void> {
  const part = randomBytes(MIB)
  await using handle = await open(file, 'w')
  for (let at = 0; at < GIB / MIB; at++) {
    part.writeUInt32LE(at, 0)
    part.writeUInt32LE(round, 4)
    await handle.write(part)
  }
}

test('10 GiB go into IPFS and come out again within 300 MiB of memory', async () => {
  await using place = await emptyPlace()
  await using agent = await host(place, [place.work, '--toolsets', 'all'])
  const call = async (name: string, args: Record<string, unknown>): Promise<Readonly<Record<string, unknown>>> => {
    const { isError, content, structuredContent } = await agent.client.callTool({ name, arguments: args }, { timeout: 900_000 })
    expect(isError, JSON.stringify(content)).not.toBe(true)
    return structuredContent as Readonly<Record<string, unknown>>
  }
  const [source, copy] = [join(place.work, 'source'), join(place.work, 'copy')]
  const roots = new Set<unknown>()
  const peak = await peakDuring(agent.pid, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await write(source, round)
      const { cid } = await call('ipfs_add', { from: source, pin: false })
      roots.add(cid)
      await call('ipfs_get', { cid, to: copy })
      await rm(copy)
    }
  })
  expect(roots.size).toBe(ROUNDS)
  expect(peak).toBeLessThan(MOST)
}, 1_800_000)
