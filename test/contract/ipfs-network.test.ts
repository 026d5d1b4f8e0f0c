import { afterAll, beforeAll, describe } from 'vitest'
import { kuboNode } from '../../src/ipfs/kubo/index.ts'
import { temporaryFolder } from '../support/content.ts'
import { type KuboDaemon } from '../support/kubo.ts'
import { knowEachOther, machine, pair } from '../support/machine.ts'
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

onKubo(
  'networks',
  (daemon) => {
    networkContract('embedded with Kubo', () => withKubo(daemon))
    networkContract('Kubo with embedded', async () => {
      const { here, there, ...ground } = await withKubo(daemon)
      return { here: there, there: here, ...ground }
    })
  },
  { settings: { 'Pubsub.Enabled': true } },
)

async function withKubo(daemon: KuboDaemon): Promise<Pair> {
  await using ground = new AsyncDisposableStack()
  const { node: here } = ground.use(await machine({ network: 'node', peering: { peers: daemon.addresses } }))
  const { path: folder } = ground.use(await temporaryFolder())
  const there = ground.use(await kuboNode({ endpoint: async () => daemon, folder, network: 'node', repository: 'test' }))
  await knowEachOther(here, there)
  const kept = ground.move()
  return { here, there, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
