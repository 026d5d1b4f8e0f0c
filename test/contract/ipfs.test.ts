import { IpfsBackend } from '../../backends/ipfs/ipfs.ts'
import type { Source } from '../../src/content/types.ts'
import { bytesOf } from '../../src/core/bytes.ts'
import { vfsPath } from '../../src/core/path.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import { openNode, temporaryFolder } from '../support/content.ts'
import { readOnlyContract } from './backend.contract.ts'
import { planted, type Tree } from './support.ts'

/** Takes its node and folder with it when it is disposed of. */
class AloneIpfs extends IpfsBackend {
  readonly #ground: AsyncDisposableStack

  constructor(node: IpfsNode, ground: AsyncDisposableStack) {
    super(node)
    this.#ground = ground
  }

  override [Symbol.asyncDispose](): Promise<void> {
    return this.#ground.disposeAsync()
  }
}

readOnlyContract('ipfs', async (tree) => {
  const ground = new AsyncDisposableStack()
  const folder = ground.use(await temporaryFolder())
  const { node } = ground.use(await openNode(folder.path))
  let root = ''
  for await (const { cid } of node.addTree(sources(tree))) root = cid
  return planted(new AloneIpfs(node, ground), vfsPath(`/${root}`))
})

async function* sources(tree: Tree): AsyncGenerator<Source> {
  for (const [path, content] of Object.entries(tree)) yield path.endsWith('/') ? { path: path.slice(0, -1) } : { path, content: bytesOf(content) }
}
