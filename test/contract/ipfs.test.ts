import { IpfsBackend } from '../../backends/ipfs/ipfs.ts'
import type { Source } from '../../src/content/types.ts'
import { bytesOf } from '../../src/core/bytes.ts'
import { vfsPath } from '../../src/core/path.ts'
import { embeddedAlone, kuboAlone, type NodeAlone, owning } from '../support/nodes.ts'
import { onKubo } from '../support/on-kubo.ts'
import { readOnlyContract } from './backend.contract.ts'
import { rootOf } from './node/make.ts'
import { behindLayers, type Plant, planted, type Tree } from './support.ts'

const planting =
  (make: () => Promise<NodeAlone>): Plant =>
  async (tree) => {
    const open = await make()
    return planted(owning(new IpfsBackend(open.node), open), vfsPath(`/${await rootOf(open.node, sources(tree))}`))
  }

const sources = (tree: Tree): Source[] =>
  Object.entries(tree).map(([path, content]) => (path.endsWith('/') ? { path: path.slice(0, -1) } : { path, content: bytesOf(content) }))

readOnlyContract('ipfs', planting(embeddedAlone), { row: 'ipfs' })

readOnlyContract('ipfs behind its layers', async (tree) => {
  const { backend, ...rest } = await planting(embeddedAlone)(tree)
  return { ...rest, backend: behindLayers('ipfs', backend) }
})

onKubo(
  'immutable trees',
  (daemon) =>
    readOnlyContract(
      'ipfs',
      planting(() => kuboAlone(async () => daemon)),
    ),
  { flags: ['--offline'] },
)
