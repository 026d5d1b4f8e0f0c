import { MfsBackend } from '../../backends/mfs/mfs.ts'
import { embeddedAlone, kuboAlone, type NodeAlone } from '../support/nodes.ts'
import { onKubo } from '../support/on-kubo.ts'
import { backendContract } from './backend.contract.ts'

/** Takes its node with it when it is disposed of. */
class AloneMfs extends MfsBackend {
  readonly #open: NodeAlone

  constructor(open: NodeAlone) {
    super(open.node)
    this.#open = open
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#open[Symbol.asyncDispose]()
  }
}

backendContract('mfs', async () => new AloneMfs(await embeddedAlone()))

onKubo(
  'the mutable tree',
  (daemon) =>
    backendContract(
      'mfs',
      async () => {
        const open = await kuboAlone(async () => daemon)
        for (const { name } of await Array.fromAsync(open.node.mfs.list('/'))) await open.node.mfs.unlink(`/${name}`)
        return new AloneMfs(open)
      },
      { runs: 25 },
    ),
  { flags: ['--offline'] },
)
