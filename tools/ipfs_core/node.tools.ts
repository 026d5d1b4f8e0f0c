import { z } from 'zod'
import type { IpfsNode, Stats } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'

const Nothing = z.strictObject({})
const IdOutput = z.strictObject({
  peer: z.string(),
  addresses: z.array(z.string()),
  agent: z.string(),
  protocols: z.array(z.string()),
})
const VersionOutput = z.strictObject({
  engine: z.enum(['embedded', 'kubo']),
  version: z.string(),
  network: z.string(),
  notes: z.array(z.string()).describe('What a person should know'),
})

const count = z.number().nullable()
const names = z.array(z.string()).nullable()
const StatsInput = z.strictObject({ kind: z.enum(['repo', 'bitswap', 'bandwidth']).default('repo') })
/** Of the kind that was asked for; null: the engine does not count it. */
const StatsOutput = z.strictObject({
  repo: z.strictObject({ objects: z.int(), bytes: z.int(), max_bytes: count }).optional(),
  bitswap: z
    .strictObject({
      blocks_received: count,
      blocks_sent: count,
      data_received: count,
      data_sent: count,
      duplicate_blocks_received: count,
      wantlist: names,
      wanted: count.describe('Blocks in the wantlist, of which the first are told'),
      peers: names,
      connected: count,
    })
    .optional(),
  bandwidth: z.strictObject({ total_in: count, total_out: count, rate_in: count, rate_out: count }).optional(),
})

const MAX_NAMES = 100

/** The IPFS node itself. */
export class NodeTools {
  readonly #node: IpfsNode
  readonly #notes: Services['notes']

  constructor({ ipfs, notes }: Pick<Services, 'ipfs' | 'notes'>) {
    this.#node = ipfs
    this.#notes = notes
  }

  @tool({
    name: 'ipfs_id',
    title: 'Tell who the node is',
    description: 'Tell the peer id, addresses, agent and protocols of the IPFS node.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: Nothing,
    output: IdOutput,
  })
  async id(_: object, { signal }: ToolContext): Promise<z.input<typeof IdOutput>> {
    const { peer, addresses, agent, protocols } = await this.#node.identity({ signal })
    return { peer, addresses: [...addresses], agent, protocols: [...protocols] }
  }

  @tool({
    name: 'ipfs_version',
    title: 'Tell the engine of IPFS',
    description: 'Tell which engine runs the IPFS node, its version, and how far it may go on the network.',
    effect: 'read',
    needs: ['ipfs'],
    input: Nothing,
    output: VersionOutput,
  })
  async version(_: object, { signal }: ToolContext): Promise<z.input<typeof VersionOutput>> {
    return { ...(await this.#node.version({ signal })), notes: [...(await this.#notes())] }
  }

  @tool({
    name: 'ipfs_stats',
    title: 'Count what the node does',
    description: 'Tell counters of the IPFS node: its blocks, its exchange with peers, or its traffic; null is not counted.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: StatsInput,
    output: StatsOutput,
  })
  async stats({ kind }: z.output<typeof StatsInput>, { signal }: ToolContext): Promise<z.input<typeof StatsOutput>> {
    const { repo, bitswap, bandwidth } = await this.#node.stats({ signal })
    if (kind === 'repo') return { repo: { objects: repo.objects, bytes: repo.bytes, max_bytes: repo.maxBytes } }
    if (kind === 'bitswap') return { bitswap: exchange(bitswap) }
    return { bandwidth: { total_in: bandwidth.totalIn, total_out: bandwidth.totalOut, rate_in: bandwidth.rateIn, rate_out: bandwidth.rateOut } }
  }
}

const exchange = (counted: Stats['bitswap']): NonNullable<z.input<typeof StatsOutput>['bitswap']> => ({
  blocks_received: counted.blocksReceived,
  blocks_sent: counted.blocksSent,
  data_received: counted.dataReceived,
  data_sent: counted.dataSent,
  duplicate_blocks_received: counted.duplicateBlocksReceived,
  wantlist: counted.wantlist && counted.wantlist.slice(0, MAX_NAMES),
  wanted: counted.wantlist && counted.wantlist.length,
  peers: counted.peers && counted.peers.slice(0, MAX_NAMES),
  connected: counted.peers && counted.peers.length,
})
