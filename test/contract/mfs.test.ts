import { MfsBackend } from '../../backends/mfs/mfs.ts'
import { embeddedAlone, kuboAlone, owning } from '../support/nodes.ts'
import { onKubo } from '../support/on-kubo.ts'
import { backendContract } from './backend.contract.ts'

backendContract(
  'mfs',
  async () => {
    const open = await embeddedAlone()
    return owning(new MfsBackend(open.node), open)
  },
  { row: 'mfs, embedded' },
)

onKubo(
  'the mutable tree',
  (daemon) =>
    backendContract(
      'mfs',
      async () => {
        const open = await kuboAlone(async () => daemon)
        for (const { name } of await Array.fromAsync(open.node.mfs.list('/'))) await open.node.mfs.unlink(`/${name}`)
        return owning(new MfsBackend(open.node), open)
      },
      { runs: 25, row: 'mfs, on a Kubo' },
    ),
  { flags: ['--offline'] },
)
