import { kuboNode } from '../../src/ipfs/kubo/index.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import { openNode, temporaryFolder } from './content.ts'
import type { KuboDaemon } from './kubo.ts'

export interface NodeAlone extends AsyncDisposable {
  readonly node: IpfsNode
}

/** An embedded node with a data folder that goes with it. */
export async function embeddedAlone(): Promise<NodeAlone> {
  await using ground = new AsyncDisposableStack()
  const folder = ground.use(await temporaryFolder())
  const { node } = ground.use(await openNode(folder.path))
  return alone(node, ground.move())
}

/** A node in this daemon, with a data folder that goes with it; the daemon stays, and what is in it. */
export async function kuboAlone(daemon: Pick<KuboDaemon, 'url'>): Promise<NodeAlone> {
  await using ground = new AsyncDisposableStack()
  const folder = ground.use(await temporaryFolder())
  const node = ground.use(await kuboNode({ endpoint: async () => daemon, folder: folder.path, network: 'off', repository: 'test' }))
  return alone(node, ground.move())
}

const alone = (node: IpfsNode, ground: AsyncDisposableStack): NodeAlone => ({ node, [Symbol.asyncDispose]: () => ground.disposeAsync() })
