import { IpfsBackend } from '../../backends/ipfs/ipfs.ts'
import type { Source } from '../../src/content/types.ts'
import { bytesOf } from '../../src/core/bytes.ts'
import { vfsPath } from '../../src/core/path.ts'
import { embeddedAlone, kuboAlone, type NodeAlone } from '../support/nodes.ts'
import { onKubo } from '../support/on-kubo.ts'
import { readOnlyContract } from './backend.contract.ts'
import { rootOf } from './node/make.ts'
import { type Plant, planted, type Tree } from './support.ts'

/** Takes its node with it when it is disposed of. */
class AloneIpfs extends IpfsBackend {
  readonly #open: NodeAlone

  constructor(open: NodeAlone) {
    super(open.node)
    this.#open = open
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#open[Symbol.asyncDispose]()
  }
}

const planting =
  (make: () => Promise<NodeAlone>): Plant =>
  async (tree) => {
    const open = await make()
    return planted(new AloneIpfs(open), vfsPath(`/${await rootOf(open.node, sources(tree))}`))
  }

const sources = (tree: Tree): Source[] =>
  Object.entries(tree).map(([path, content]) => (path.endsWith('/') ? { path: path.slice(0, -1) } : { path, content: bytesOf(content) }))

readOnlyContract('ipfs', planting(embeddedAlone))

onKubo(
  'immutable trees',
  (daemon) =>
    readOnlyContract(
      'ipfs',
      planting(() => kuboAlone(async () => daemon)),
    ),
  { flags: ['--offline'] },
)
