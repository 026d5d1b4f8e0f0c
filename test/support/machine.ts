import { type EmbeddedOptions } from '../../src/ipfs/embedded/index.ts'
import { expect, vi } from 'vitest'
import type { Identity, IpfsNode } from '../../src/ipfs/types.ts'
import { type OpenNode, openNode, temporaryFolder } from './content.ts'

/** Nobody beyond this machine. */
export const LOOPBACK = { listen: ['/ip4/127.0.0.1/tcp/0'], peers: [], gateways: [], routers: [] }

const WAIT = { timeout: 20_000 }

export interface Machine extends OpenNode {
  readonly folder: string
}

/** A machine of its own: a folder, and a node on it that knows nobody but whom it is told of. */
export async function machine(options: Partial<EmbeddedOptions>): Promise<Machine> {
  const stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const { node, content } = stack.use(await openNode(folder.path, { ...options, peering: { ...LOOPBACK, fetchTimeoutMs: 10_000, ...options.peering } }))
  return { node, content, folder: folder.path, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** Two of them that are connected, and stand in each other's hash table. */
export async function pair() {
  const stack = new AsyncDisposableStack()
  const one = stack.use(await machine({ network: 'node' }))
  const { addresses } = await one.node.identity()
  const two = stack.use(await machine({ network: 'node', peering: { peers: addresses } }))
  await knowEachOther(one.node, two.node)
  return { one, two, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** Until each stands in the hash table of the other. */
export async function knowEachOther(one: IpfsNode, two: IpfsNode): Promise<void> {
  await knows(one, await two.identity())
  await knows(two, await one.identity())
}

async function knows(node: IpfsNode, { peer }: Pick<Identity, 'peer'>): Promise<void> {
  await vi.waitFor(async () => expect(await Array.fromAsync(node.routing.closestPeers(peer, { limit: 1 }))).toMatchObject([{ peer }]), WAIT)
}
