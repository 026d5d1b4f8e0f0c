import type { Config } from '../config/schema.ts'
import { resolveSecret } from '../config/secret.ts'
import { embedded } from './embedded.ts'
import { notOurs } from './not-ours.ts'
import type { Engine, EngineParts } from './types.ts'
import { userDaemon } from './user-daemon.ts'

/** Nothing is asked of a daemon before the first call, unless it may be replaced: that is decided here. */
export async function openEngine(config: Config, parts: EngineParts): Promise<Engine> {
  const { engine } = config.ipfs
  if (engine === 'embedded') return embedded(config, parts, () => userDaemon(parts))
  if (engine === 'kubo') return (await import('./supervised.ts')).supervised(config, parts)
  return remote(config, parts, engine)
}

async function remote({ data_dir: folder, ipfs: { network, authorization: reference } }: Config, { env }: EngineParts, url: string): Promise<Engine> {
  const { kuboNode } = await import('../ipfs/kubo/index.ts')
  const authorization = reference === undefined ? undefined : await resolveSecret(reference, env)
  const node = await kuboNode({ endpoint: async () => ({ url, authorization }), folder, network, repository: new URL(url).origin })
  return { node, collect: notOurs, notes: async () => [], absence: () => undefined, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() }
}
