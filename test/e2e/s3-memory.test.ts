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

test(
  'as many large files at once as an agent asks for go into a bucket and back within a memory that many files do not change',
  { timeout: 240_000 },
  async () => {
    await using machine = await Machine.start()
    await mkdir(join(machine.place.work, 'many'))
    for (let i = 0; i < FILES; i++) {
      const file = join(machine.place.work, 'many', `f${i}`)
      await writeFile(file, `file ${i}`)
      await truncate(file, BYTES)
    }
    await using agent = await machine.agent()
    const copy = async (from: string, to: string): Promise<void> => {
      const args = { from_backend: from, to_backend: to, prefix: 'many', concurrency: 64 }
      const { result } = await agent.call('mbfs_copy_between_backends', args)
      expect(result).toMatchObject({ copied: FILES, failed: [] })
    }
    expect(await peakDuring(agent.pid, () => copy('disk', 'bucket'))).toBeLessThan(MOST)
    await rename(join(machine.place.work, 'many'), join(machine.place.work, 'sent'))
    expect(await peakDuring(agent.pid, () => copy('bucket', 'disk'))).toBeLessThan(MOST)
  },
)
