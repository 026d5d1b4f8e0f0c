import { readFile } from 'node:fs/promises'
import { VfsError } from '../core/error.ts'

/** What an `env:` or `file:` reference leads to. Rejects SECRET_MISSING, and never says more than the reference. */
export async function resolveSecret(reference: string, env: NodeJS.ProcessEnv): Promise<string> {
  const secret = reference.startsWith('env:') ? env[reference.slice('env:'.length)] : await contents(reference)
  const bare = secret?.replace(/\r?\n$/, '')
  if (bare === undefined || bare === '') throw missing(reference, bare === undefined ? 'is not there' : 'is empty')
  return bare
}

async function contents(reference: string): Promise<string> {
  try {
    return await readFile(reference.slice('file:'.length), 'utf8')
  } catch (cause) {
    throw missing(reference, `cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause)
  }
}

const missing = (reference: string, how: string, cause?: unknown): VfsError =>
  new VfsError('SECRET_MISSING', `the secret ${reference} ${how}`, { op: 'config', cause })
