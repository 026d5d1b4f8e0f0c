import { execFile } from 'node:child_process'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { builtAt, serverCache } from './find.ts'
import type { Program } from './programs.ts'

const run = promisify(execFile)

export const hasGo = (): Promise<boolean> =>
  run('go', ['version']).then(
    () => true,
    () => false,
  )

/**
 * Builds a program from its wrapper module, whose go.sum says what every source must be. It takes its place only when it is
 * whole, so that several of us at once do not disturb each other.
 */
export async function build(program: Program): Promise<void> {
  const fresh = join(serverCache(), `.${program.name}-${process.pid}`)
  await mkdir(serverCache(), { recursive: true })
  try {
    const cwd = join('scripts/servers', program.name)
    await run('go', ['build', '-mod=readonly', '-trimpath', '-ldflags=-s -w', '-o', fresh, program.package], { cwd, maxBuffer: 1 << 26 })
    await rename(fresh, builtAt(program))
  } finally {
    await rm(fresh, { force: true })
  }
}
