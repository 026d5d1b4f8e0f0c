import { type ClusterBackend, type ClusterBackendOptions, openCluster } from '../../backends/cluster/cluster.ts'
import { Cluster } from '../../src/cluster/client.ts'
import { openContentStore } from '../../src/content/store.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import { temporaryFolder } from './content.ts'

type Settings = Pick<ClusterBackendOptions, 'name' | 'replication_min' | 'replication_max'> & { readonly folder?: string | undefined }

interface Reached {
  readonly api: string
  readonly peers: readonly { readonly kubo: { readonly url: string } }[]
}

/** A tree at a cluster, with a data folder that goes with it unless one is given. */
export async function clusterAlone({ api, peers }: Reached, { folder, ...settings }: Settings): Promise<ClusterBackend> {
  await using ground = new AsyncDisposableStack()
  const at = folder ?? ground.use(await temporaryFolder()).path
  const content = ground.use(await openContentStore({ folder: at }))
  const nobody = { blocks: { get: () => Promise.reject(new Error('nobody is asked')) } } as unknown as IpfsNode
  const backend = await openCluster({
    ...settings,
    cluster: new Cluster({ api }),
    dataFolder: at,
    content,
    ipfs: nobody,
    alerted: () => {},
    kubo: { endpoint: async () => ({ url: peers[0]?.kubo.url ?? '' }), notes: async () => [] },
  })
  const closing = ground.move()
  const own = backend[Symbol.asyncDispose].bind(backend)
  return Object.assign(backend, {
    [Symbol.asyncDispose]: async () => {
      await own()
      await closing.disposeAsync()
    },
  })
}
