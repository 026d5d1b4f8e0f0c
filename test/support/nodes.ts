import { findKubo } from '../../scripts/servers/find.ts'
import { EventBus } from '../../src/core/events.ts'
import { type Endpoint, kuboNode } from '../../src/ipfs/kubo/index.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import { kuboSpec, type KuboOptions } from '../../src/services/kubo/spec.ts'
import { Supervisor } from '../../src/services/supervisor.ts'
import { openNode, temporaryFolder } from './content.ts'

export interface NodeAlone extends AsyncDisposable {
  readonly node: IpfsNode
}

/** An embedded node with a data folder that goes with it unless one is given. */
export async function embeddedAlone(data?: string): Promise<NodeAlone> {
  await using ground = new AsyncDisposableStack()
  const folder = data ?? ground.use(await temporaryFolder()).path
  const { node } = ground.use(await openNode(folder))
  return alone(node, ground.move())
}

/** A node in a daemon, with a data folder that goes with it; the daemon stays, and what is in it. */
export async function kuboAlone(endpoint: Endpoint): Promise<NodeAlone> {
  await using ground = new AsyncDisposableStack()
  const folder = ground.use(await temporaryFolder())
  const node = ground.use(await kuboNode({ endpoint, folder: folder.path, network: 'off', repository: 'test' }))
  return alone(node, ground.move())
}

/** A Kubo under our supervision, started by the first call. */
export async function superviseKubo(
  reach: Pick<KuboOptions, 'network' | 'peering'> = { network: 'off' },
): Promise<{ readonly endpoint: Endpoint } & AsyncDisposable> {
  await using ground = new AsyncDisposableStack()
  const folder = ground.use(await temporaryFolder())
  const spec = kuboSpec({ ...reach, binary: await findKubo(), env: process.env })
  const services = ground.use(await Supervisor.open({ folder: folder.path, specs: [spec], events: new EventBus(), log: () => {} }))
  const kept = ground.move()
  return { endpoint: (call) => services.endpoint(spec.name, call), [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

const alone = (node: IpfsNode, ground: AsyncDisposableStack): NodeAlone => ({ node, [Symbol.asyncDispose]: () => ground.disposeAsync() })

/** The backend takes the node that it is over with it when it is disposed of. */
export const owning = <B extends AsyncDisposable>(backend: B, open: NodeAlone): B =>
  Object.assign(backend, { [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() })
