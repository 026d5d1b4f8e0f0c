import { mkdir, rename, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { hasRoom } from '../support/in-and-out.ts'
import { peakDuring } from '../support/memory-of.ts'
import { requires } from '../support/requires.ts'
import { Machine } from '../support/s3-machine.ts'
import { needsS3 } from '../support/s3.ts'

const MIB = 2 ** 20
const FILES = 24
const BYTES = 40 * MIB
/** Half of what docker-compose.yml gives the gateway. */
const MOST = 512 * MIB

beforeEach(needsS3)
beforeEach(requires('/proc', () => process.platform === 'linux'))
beforeEach(requires('4 GiB on the disk of temporary files', () => hasRoom(4)))

async function plant({ place }: Machine): Promise<void> {
  await mkdir(join(place.work, 'many'))
  for (let i = 0; i < FILES; i++) {
    const file = join(place.work, 'many', `f${i}`)
    await writeFile(file, `file ${i}`)
    await truncate(file, BYTES)
  }
}

test('as many large files at once as an agent asks for take a memory that their number does not change', { timeout: 240_000 }, async () => {
  await using machine = await Machine.start()
  const [near, far] = [machine, await machine.other()]
  for (const each of [near, far]) await plant(each)
  await using agent = await near.agent()
  await using stranger = await far.agent()
  const copying = (session: typeof agent, from: string, to: string, done: object) => async (): Promise<void> => {
    const args = { from_backend: from, to_backend: to, prefix: 'many', concurrency: 64 }
    expect((await session.call('mbfs_copy_between_backends', args)).result).toMatchObject({ failed: [], ...done })
  }
  expect(await peakDuring(agent.pid, copying(agent, 'disk', 'bucket', { copied: FILES }))).toBeLessThan(MOST)
  await rename(join(near.place.work, 'many'), join(near.place.work, 'sent'))
  expect(await peakDuring(agent.pid, copying(agent, 'bucket', 'disk', { copied: FILES }))).toBeLessThan(MOST)
  // Who knows neither side reads both.
  expect(await peakDuring(stranger.pid, copying(stranger, 'bucket', 'disk', { skipped: FILES }))).toBeLessThan(MOST)
})
