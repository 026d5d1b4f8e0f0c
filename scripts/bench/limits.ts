import { hash, randomBytes } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { timed } from './measure.ts'

const MIB = 1 << 20
const PARTS = 256

/** What one thread hashes, and what one file takes and flushes, measured now: other work on the machine changes both. */
export async function limitsNow(folder: string): Promise<string> {
  const part = randomBytes(MIB)
  const hashing = await timed(async () => {
    for (let i = 0; i < PARTS; i++) hash('sha256', part)
  })
  const writing = await timed(() => write(folder, part))
  return `one thread hashes ${perSecond(hashing)} MiB/s, the disk takes and flushes ${perSecond(writing)} MiB/s`
}

async function write(folder: string, part: Uint8Array): Promise<void> {
  const at = await mkdtemp(join(folder, 'disk-'))
  try {
    await using handle = await open(join(at, 'file'), 'w')
    for (let i = 0; i < PARTS; i++) await handle.write(part)
    await handle.datasync()
  } finally {
    await rm(at, { recursive: true })
  }
}

const perSecond = (ms: number): number => Math.round((PARTS / ms) * 1000)
