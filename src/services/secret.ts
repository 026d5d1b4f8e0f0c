import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { fromSystem } from '../core/system.ts'

/**
 * The secret of a service: made once, in a file for its owner alone. Only the supervising process asks before the first
 * start. One that cannot be read stays as it is: a program that runs may have it.
 */
export async function secretIn(folder: string): Promise<string> {
  const file = join(folder, 'secret')
  try {
    return (await known(file)) || (await made(file))
  } catch (error) {
    throw fromSystem(error, 'the secret of a service cannot be used')
  }
}

const known = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? undefined : Promise.reject(error)))

async function made(file: string): Promise<string> {
  const secret = randomBytes(32).toString('base64url')
  const temporary = `${file}.new`
  await using handle = await open(temporary, 'w', 0o600)
  await handle.writeFile(secret)
  await handle.sync()
  await rename(temporary, file)
  return secret
}
