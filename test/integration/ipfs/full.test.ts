import { execFileSync } from 'node:child_process'
import { beforeEach, describe, expect, test } from 'vitest'
import { MfsBackend } from '../../../backends/mfs/mfs.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { embeddedRoots } from '../../../src/ipfs/embedded/roots.ts'
import { requires } from '../../support/requires.ts'
import { noise, openNode, temporaryFolder, text } from '../../support/content.ts'

const MIB = 1 << 20

beforeEach(requires('root, to mount', () => process.getuid?.() === 0))

/** A disk of its own for the data folder. */
async function disk(size: string) {
  const folder = await temporaryFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder.path])
  const unmount = async (): Promise<void> => {
    execFileSync('umount', ['-l', folder.path])
    await folder[Symbol.asyncDispose]()
  }
  return { path: folder.path, [Symbol.asyncDispose]: unmount }
}

describe('a full disk', () => {
  test('refuses an add and a write of the mutable tree, keeps what was there, and leaves nothing in the way of collection', async () => {
    await using folder = await disk('12m')
    await using open = await openNode(folder.path)
    const { node, content } = open
    const backend = new MfsBackend(node)
    await backend.write(p('/f'), bytesOf('before'))
    const { cid } = await node.add(noise(2 * MIB, 1))
    await node.pins.add(cid)
    await expect(node.add(noise(40 * MIB, 2))).rejects.toMatchObject({ code: 'DISK_FULL' })
    await expect(backend.write(p('/f'), noise(40 * MIB, 3))).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(await text(backend.read(p('/f')))).toBe('before')
    expect(await content.collect(() => embeddedRoots(folder.path))).toMatchObject({ kept: { pin: { blocks: 3 } } })
    await backend.write(p('/f'), noise(2 * MIB, 4))
    expect((await backend.stat(p('/f'))).size).toBe(2 * MIB)
  })
})
