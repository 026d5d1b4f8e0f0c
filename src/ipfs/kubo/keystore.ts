import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Side } from '../migrate/index.ts'

/** Reads the keys in a repository on this machine: the daemon itself hands none out. */
export const keystore =
  (repository: string): Side['readKey'] =>
  async (name) =>
    readFile(join(repository, 'keystore', await fileOf(name))).catch(() => undefined)

/** Kubo's names of files are base32, so that any name of a key can be one. */
async function fileOf(name: string): Promise<string> {
  const { base32 } = await import('multiformats/bases/base32')
  return `key_${base32.baseEncode(Buffer.from(name))}`
}
