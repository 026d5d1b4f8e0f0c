import type { Config } from '../config/schema.ts'
import { resolveSecret } from '../config/secret.ts'
import type { Call } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import { kuboNode } from '../ipfs/kubo/index.ts'
import { askVersion, warningOf } from '../services/kubo/version.ts'
import { notOurs } from './not-ours.ts'
import type { Engine, EngineParts } from './types.ts'

const PATIENCE_MS = 2000

/** A daemon that somebody else runs. Its version is asked for with the first call, and until it is one that can be used. */
export async function remote({ data_dir: folder, ipfs: { network, authorization: reference } }: Config, { env }: EngineParts, url: string): Promise<Engine> {
  const authorization = reference === undefined ? undefined : await resolveSecret(reference, env)
  const target = { url, authorization }
  let isUsable = false
  /** What it does not answer to, the call that follows tells. */
  const warning = async ({ signal }: Call = {}): Promise<string | undefined> => {
    const late = AbortSignal.timeout(PATIENCE_MS)
    const version = await askVersion(target, { signal: signal ? AbortSignal.any([signal, late]) : late })
    const found = version === undefined ? undefined : warningOf(version, `the daemon at ${url}`)
    isUsable = version !== undefined
    return found
  }
  const endpoint = async (call?: Call): Promise<typeof target> => {
    if (!isUsable) await warning(call)
    return target
  }
  const node = await kuboNode({ endpoint, folder, network, repository: new URL(url).origin })
  const notes = async (): Promise<string[]> => {
    const note = await warning().catch(asNote)
    return note === undefined ? [] : [note]
  }
  return { node, collect: notOurs, notes, absence: () => undefined, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() }
}

function asNote(error: unknown): string {
  if (error instanceof VfsError) return `${error.message} (${error.hint})`
  throw error
}
