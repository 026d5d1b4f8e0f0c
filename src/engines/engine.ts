import type { Config } from '../config/schema.ts'
import { resolveSecret } from '../config/secret.ts'
import type { LocalContent } from '../content/store.ts'
import { embeddedNode } from '../ipfs/embedded/index.ts'
import type { IpfsNode } from '../ipfs/types.ts'

export interface EngineParts {
  readonly content: LocalContent
  readonly env: NodeJS.ProcessEnv
}

/** The IPFS node that the configuration names. Nothing is asked of a daemon before the first call. */
export async function openNode({ data_dir: folder, ipfs }: Config, { content, env }: EngineParts): Promise<IpfsNode> {
  const { engine, network, authorization: reference } = ipfs
  if (engine === 'embedded') return embeddedNode({ content, folder, network })
  const { kuboNode } = await import('../ipfs/kubo/index.ts')
  const authorization = reference === undefined ? undefined : await resolveSecret(reference, env)
  return kuboNode({ endpoint: async () => ({ url: engine, authorization }), folder, network, repository: new URL(engine).origin })
}
