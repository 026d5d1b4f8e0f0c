import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { LocalBackend, type LocalOptions } from '../../../backends/local/local.ts'

export interface Site {
  readonly backend: LocalBackend
  /** The served folder, and one beside it whose name begins alike. */
  readonly root: string
  readonly outside: string
  /** A path of the host below the served folder. */
  readonly host: (path: string) => string
}

/** A served folder on the disk, for one test. */
export async function site(options: Partial<LocalOptions> = {}): Promise<Site> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'polymount-site-')))
  const root = options.root ?? join(home, 'root')
  const outside = join(home, 'root_secret')
  await mkdir(root, { recursive: true })
  await mkdir(outside)
  const backend = new LocalBackend({ root, ...options })
  onTestFinished(async () => {
    await backend[Symbol.asyncDispose]()
    await rm(home, { recursive: true, force: true })
  })
  return { backend, root, outside, host: (path) => join(root, path) }
}

/** A file system of this size in memory, for one test; needs root. */
export function tmpfs(at: string, size: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', at])
  onTestFinished(() => void execFileSync('umount', ['-l', at]))
}

export const isRoot = process.getuid?.() === 0

/** Runs as a user who owns nothing. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const groups = process.getegid?.() ?? 0
  process.setegid?.(65_534)
  process.seteuid?.(65_534)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(groups)
  }
}
