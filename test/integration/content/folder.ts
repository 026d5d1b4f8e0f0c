import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCipheriv } from 'node:crypto'
import type { Bytes } from '../../../src/core/backend.ts'
import { openContentStore, type LocalContent } from '../../../src/content/store.ts'

/** A data folder that goes with the test. */
export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'polymount-content-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

export async function withContent(run: (content: LocalContent, folder: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  await using content = await openContentStore({ folder: folder.path })
  await run(content, folder.path)
}

/** The same bytes for the same size and seed, and no two parts alike. */
export async function* noise(size: number, seed = 0, part = 64 << 10): Bytes {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16))
  for (let left = size; left > 0; left -= part) yield cipher.update(Buffer.alloc(Math.min(part, left)))
}

export const text = async (source: Bytes): Promise<string> => Buffer.concat(await Array.fromAsync(source)).toString()
