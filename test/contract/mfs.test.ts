import { MfsBackend } from '../../backends/mfs/mfs.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import { openNode, temporaryFolder } from '../support/content.ts'
import { backendContract } from './backend.contract.ts'

/** Takes its node and folder with it when it is disposed of. */
class AloneMfs extends MfsBackend {
  readonly #ground: AsyncDisposableStack

  constructor(node: IpfsNode, ground: AsyncDisposableStack) {
    super(node)
    this.#ground = ground
  }

  override [Symbol.asyncDispose](): Promise<void> {
    return this.#ground.disposeAsync()
  }
}

backendContract('mfs', async () => {
  const ground = new AsyncDisposableStack()
  const folder = ground.use(await temporaryFolder())
  return new AloneMfs(ground.use(await openNode(folder.path)).node, ground)
})
