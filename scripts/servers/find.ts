import { access, constants } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { KUBO, type Program } from './programs.ts'

/** Outside the tree, so that a fresh clone need not build it again. */
export const serverCache = (): string => join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'polymount', 'servers')

/** Where a program stands once it is built. */
export const builtAt = (program: Program): string => join(serverCache(), `${basename(program.package)}-${program.version}`)

/** Rejects with how to get one. */
export async function findServer(program: Program): Promise<string> {
  const file = process.env[program.variable] || builtAt(program)
  try {
    await access(file, constants.X_OK)
    return file
  } catch (cause) {
    throw new Error(`there is no ${program.name} at ${file}; npm run servers builds it with Go, or name one with ${program.variable}`, { cause })
  }
}

/** The real `ipfs` that tests and benchmarks run. */
export const findKubo = (): Promise<string> => findServer(KUBO)
