import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { type Endpoint, kuboNode } from '../../src/ipfs/kubo/index.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import { temporaryFolder } from '../support/content.ts'
import { type KuboDaemon, needsKubo } from '../support/kubo.ts'
import { knowEachOther, LOOPBACK, machine, pair } from '../support/machine.ts'
import { superviseKubo } from '../support/nodes.ts'
import { onKubo } from '../support/on-kubo.ts'
import type { Pair } from './node/pair.ts'
import { pubsub } from './node/pubsub.ts'
import { routing } from './node/routing.ts'
import { sharing } from './node/sharing.ts'
import { swarm } from './node/swarm.ts'

/** What every engine promises of the network, whatever engine the other one has. */
function networkContract(title: string, make: () => Promise<Pair>): void {
  describe(`${title} keeps the contract of networks`, () => {
    let made: Pair | undefined
    beforeAll(async () => void (made = await make()))
    afterAll(() => made?.[Symbol.asyncDispose]())
    for (const cases of [swarm, routing, sharing, pubsub]) cases(() => made ?? fail())
  })
}

networkContract('embedded with embedded', async () => {
  const { one, two, ...ground } = await pair()
  return { here: one.node, there: two.node, ...ground }
})

const fail = (): never => {
  throw new Error('there is no network')
}

onKubo('networks', (daemon) => bothWays('Kubo', () => withKubo(daemon)), { settings: { 'Pubsub.Enabled': true } })

describe('networks of a daemon of our own', () => {
  beforeEach(needsKubo)
  bothWays('a supervised Kubo', withSupervised)
})

/** `make` gives an embedded node here, and the other engine there. */
function bothWays(engine: string, make: () => Promise<Pair>): void {
  networkContract(`embedded with ${engine}`, make)
  networkContract(`${engine} with embedded`, async () => {
    const { here, there, ...ground } = await make()
    return { here: there, there: here, ...ground }
  })
}

async function withKubo(daemon: KuboDaemon): Promise<Pair> {
  await using ground = new AsyncDisposableStack()
  const { node } = ground.use(await machine({ network: 'node', peering: { peers: daemon.addresses } }))
  return await met(node, async () => daemon, ground.move())
}

/** A daemon that we have made, set and started, as a person has it who names its listeners and peers. */
async function withSupervised(): Promise<Pair> {
  await using ground = new AsyncDisposableStack()
  const { node } = ground.use(await machine({ network: 'node' }))
  const { addresses: peers } = await node.identity()
  const { endpoint } = ground.use(await superviseKubo({ network: 'node', peering: { ...LOOPBACK, peers } }))
  return await met(node, endpoint, ground.move())
}

/** What was used until then ends with the pair. */
async function met(here: IpfsNode, endpoint: Endpoint, used: AsyncDisposableStack): Promise<Pair> {
  await using ground = used
  const { path: folder } = ground.use(await temporaryFolder())
  const there = ground.use(await kuboNode({ endpoint, folder, network: 'node', repository: 'test' }))
  await knowEachOther(here, there)
  const kept = ground.move()
  return { here, there, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
