import { z } from 'zod'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { cid, most, peer, peers, shownPeer } from './schemas.ts'

const PeerInput = z.strictObject({ peer })
const PeerOutput = z.strictObject({ peer: z.string(), addresses: z.array(z.string()) })

const ProvidersInput = z.strictObject({ cid, num: most })
const ProvidersOutput = z.strictObject({ cid: z.string(), providers: peers })

const QueryInput = z.strictObject({ peer, limit: most })
const QueryOutput = z.strictObject({ peers })

/** Who is where and who has what. */
export class RoutingTools {
  readonly #node: IpfsNode

  constructor({ ipfs }: Pick<Services, 'ipfs'>) {
    this.#node = ipfs
  }

  @tool({
    name: 'ipfs_dht_findpeer',
    title: 'Find a peer',
    description: 'Find the addresses of a peer on the network.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: PeerInput,
    output: PeerOutput,
  })
  async findPeer({ peer: id }: z.output<typeof PeerInput>, { signal }: ToolContext): Promise<z.input<typeof PeerOutput>> {
    return shownPeer(await this.#node.routing.findPeer(id, { signal }))
  }

  @tool({
    name: 'ipfs_dht_findprovs',
    title: 'Find who has it',
    description: 'Find the peers that say they have a CID.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: ProvidersInput,
    output: ProvidersOutput,
  })
  async findProviders({ cid: path, num }: z.output<typeof ProvidersInput>, { signal }: ToolContext): Promise<z.input<typeof ProvidersOutput>> {
    const found = await this.#node.resolve(path, { signal })
    const providers = await Array.fromAsync(this.#node.routing.findProviders(found, { limit: num, signal }), shownPeer)
    return { cid: found, providers }
  }

  @tool({
    name: 'ipfs_dht_query',
    title: 'Find the closest peers',
    description: 'Find the peers whose ids are closest to a peer id in the hash table, the closest first.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: QueryInput,
    output: QueryOutput,
  })
  async query({ peer: id, limit }: z.output<typeof QueryInput>, { signal }: ToolContext): Promise<z.input<typeof QueryOutput>> {
    return { peers: await Array.fromAsync(this.#node.routing.closestPeers(id, { limit, signal }), shownPeer) }
  }
}
