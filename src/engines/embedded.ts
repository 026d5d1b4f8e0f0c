import type { Config } from '../config/schema.ts'
import { embeddedNode } from '../ipfs/embedded/index.ts'
import type { Engine, EngineParts } from './types.ts'

/** The node in this process. */
export async function embedded({ data_dir: folder, ipfs: { network, peering } }: Config, { content }: EngineParts, notes: Engine['notes']): Promise<Engine> {
  const node = await embeddedNode({ content, folder, network, peering })
  return { node, notes, absence: () => undefined, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() }
}
