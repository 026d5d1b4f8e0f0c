import { z } from 'zod'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { cursorOf, placeOf } from '../cursor.ts'
import { limit, nextCursor } from '../ipfs-schemas.ts'
import { cursor } from '../vfs/schemas.ts'

const PeersInput = z.strictObject({ cursor, limit })
const PeersOutput = z.strictObject({
  peers: z.array(
    z.strictObject({
      peer: z.string(),
      address: z.string(),
      direction: z.enum(['inbound', 'outbound']).nullable(),
      latency: z.number().nullable().describe('Milliseconds; null if not measured'),
    }),
  ),
  total: z.int(),
  next_cursor: nextCursor,
})

const QUERY = 'ipfs_swarm_peers'

export class SwarmTools {
  readonly #node: IpfsNode

  constructor({ ipfs }: Pick<Services, 'ipfs'>) {
    this.#node = ipfs
  }

  @tool({
    name: 'ipfs_swarm_peers',
    title: 'List connected peers',
    description: 'List the peers that the IPFS node is connected to.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: PeersInput,
    output: PeersOutput,
  })
  async peers({ cursor: from, limit: most }: z.output<typeof PeersInput>, { signal }: ToolContext): Promise<z.input<typeof PeersOutput>> {
    const after = from === undefined ? '' : String(placeOf(from, QUERY))
    const all = (await this.#node.swarm.connections({ signal })).map((connection) => ({ key: `${connection.peer} ${connection.address}`, connection }))
    const rest = all.filter(({ key }) => key > after).toSorted((a, b) => (a.key < b.key ? -1 : 1))
    const page = rest.slice(0, most)
    const last = rest.length > most ? page.at(-1) : undefined
    return { peers: page.map(({ connection }) => ({ ...connection })), total: all.length, next_cursor: last ? cursorOf(QUERY, last.key) : null }
  }
}
