import { access, constants } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The version that the tests are written for; its wrapper module stands beside this file. */
export const KUBO_VERSION = '0.43.1'

/** Outside the tree, so that a fresh clone need not build it again. */
export const serverCache = (): string => join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'polymount', 'servers')

/** The real `ipfs` that tests and benchmarks run; rejects with how to get one. */
export async function findKubo(): Promise<string> {
  const named = process.env['KUBO_BINARY']
  const file = named || join(serverCache(), `ipfs-${KUBO_VERSION}`)
  try {
    await access(file, constants.X_OK)
    return file
  } catch (cause) {
    throw new Error(`there is no Kubo at ${file}; name one with KUBO_BINARY`, { cause })
  }
}
