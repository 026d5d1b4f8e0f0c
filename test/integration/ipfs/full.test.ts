import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { MfsBackend } from '../../../backends/mfs/mfs.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import { embeddedRoots } from '../../../src/ipfs/embedded/roots.ts'
import { findKubo } from '../../../scripts/servers/find.ts'
import { kuboSpec } from '../../../src/services/kubo/spec.ts'
import { needsKubo } from '../../support/kubo.ts'
import { requires } from '../../support/requires.ts'
import { noise, openNode, temporaryFolder, text } from '../../support/content.ts'
import { supervise } from '../../support/services.ts'

const MIB = 1 << 20

beforeEach(requires('root, to mount', () => process.getuid?.() === 0))

/** A disk of its own for the data folder, or for a folder in it. */
async function disk(size: string, inside = '.') {
  const folder = await temporaryFolder()
  const at = join(folder.path, inside)
  await mkdir(at, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', at])
  const unmount = async (): Promise<void> => {
    execFileSync('umount', ['-l', at])
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
    expect(await content.collect(() => embeddedRoots(folder.path, content))).toMatchObject({ kept: { pin: { blocks: 3 } } })
    await backend.write(p('/f'), noise(2 * MIB, 4))
    expect((await backend.stat(p('/f'))).size).toBe(2 * MIB)
  })

  test('refuses the same on a daemon of ours, keeps what was there, and is free again when the daemon is restarted', async (context) => {
    await needsKubo(context)
    await using folder = await disk('40m', 'services/kubo')
    await using t = await supervise([kuboSpec({ network: 'off', binary: await findKubo(), env: process.env })], folder.path)
    await using own = await temporaryFolder()
    await using node = await kuboNode({ endpoint: (call) => t.services.endpoint('kubo', call), folder: own.path, network: 'off', repository: 'test' })
    const backend = new MfsBackend(node)
    await backend.write(p('/f'), bytesOf('before'))
    await expect(node.add(noise(60 * MIB, 2))).rejects.toMatchObject({ code: 'DISK_FULL', hint: expect.stringContaining('restart') })
    await expect(backend.write(p('/f'), noise(60 * MIB, 3))).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(await text(backend.read(p('/f')))).toBe('before')
    await t.services.wish('kubo', 'restart')
    await t.until(({ state, restarts }) => state === 'ready' && restarts === 1, 'kubo')
    await backend.write(p('/f'), noise(2 * MIB, 4))
    expect((await backend.stat(p('/f'))).size).toBe(2 * MIB)
  })
})
