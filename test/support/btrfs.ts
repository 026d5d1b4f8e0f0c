import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import { ofKernel } from './requires.ts'

/** An empty disk of 64 MiB, as `mkfs.btrfs --mixed` makes it, so that the tests do not need that program. */
const IMAGE = new URL('btrfs.img.br', import.meta.url)

/** `beforeEach(needsBtrfs)`: a kernel that has it, and the right to mount. */
export const needsBtrfs = ofKernel('btrfs, and root to mount it', async () => {
  const { unmount } = await mounted()
  await unmount()
  return true
})

/** A disk of its own for one test, which shares the bytes of cloned files. */
export async function btrfs(): Promise<string> {
  const { at, unmount } = await mounted()
  onTestFinished(unmount)
  return at
}

async function mounted(): Promise<{ readonly at: string; readonly unmount: () => Promise<void> }> {
  const at = await mkdtemp(join(tmpdir(), 'polymount-btrfs-'))
  const image = `${at}.img`
  const clear = async (): Promise<void> => {
    await rm(image)
    await rm(at, { recursive: true })
  }
  await writeFile(image, brotliDecompressSync(readFileSync(IMAGE)))
  try {
    execFileSync('mount', ['-t', 'btrfs', '-o', 'loop', image, at], { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (error) {
    await clear()
    throw error
  }
  const unmount = async (): Promise<void> => {
    execFileSync('umount', ['-l', at])
    await clear()
  }
  return { at, unmount }
}
