import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'

/** The secret of a service: made once, in a file for its owner alone. Only the supervising process asks before the first start. */
export async function secretIn(folder: string): Promise<string> {
  const file = join(folder, 'secret')
  const known = await readFile(file, 'utf8').catch(() => undefined)
  if (known) return known
  const secret = randomBytes(32).toString('base64url')
  const temporary = `${file}.new`
  await using handle = await open(temporary, 'w', 0o600)
  await handle.writeFile(secret)
  await handle.sync()
  await rename(temporary, file)
  return secret
}
