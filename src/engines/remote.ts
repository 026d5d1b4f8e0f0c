import type { Config } from '../config/schema.ts'
import { resolveSecret } from '../config/secret.ts'
import { kuboNode } from '../ipfs/kubo/index.ts'
import { TheirKubo } from '../services/kubo/theirs.ts'
import { notOurs } from './not-ours.ts'
import type { Engine, EngineParts } from './types.ts'

/** A daemon that somebody else runs. */
export async function remote({ data_dir: folder, ipfs: { network, authorization: reference } }: Config, { env }: EngineParts, url: string): Promise<Engine> {
  const authorization = reference === undefined ? undefined : await resolveSecret(reference, env)
  const kubo = new TheirKubo({ url, authorization })
  const node = await kuboNode({ endpoint: (call) => kubo.endpoint(call), folder, network, repository: new URL(url).origin })
  return { node, collect: notOurs, notes: () => kubo.notes(), absence: () => undefined, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() }
}
