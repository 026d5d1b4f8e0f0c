import { MfsBackend } from '../../backends/mfs/mfs.ts'
import { embeddedAlone, kuboAlone, owning } from '../support/nodes.ts'
import { onKubo } from '../support/on-kubo.ts'
import { backendContract } from './backend.contract.ts'
import { twoRoots, vfsBehavesLikeATree } from './model/vfs.ts'
import { behindLayers } from './support.ts'
import { vfsContract } from './vfs.contract.ts'

const embedded = async (data?: string) => {
  const open = await embeddedAlone(data)
  return owning(new MfsBackend(open.node), open)
}

const layered = async (data?: string) => behindLayers('mfs', await embedded(data))

backendContract('mfs', embedded, { row: 'mfs, embedded' })

backendContract('mfs behind its layers', layered, { runs: 10 })

vfsContract('the mutable tree', embedded, { runs: 20 })

vfsContract('the mutable tree behind its layers', layered, { runs: 10 })

vfsBehavesLikeATree('two roots of the mutable tree', async (data) => twoRoots(await embedded(data)), { runs: 10 })

onKubo(
  'the mutable tree',
  (daemon) => {
    const make = async () => {
      const open = await kuboAlone(async () => daemon)
      for (const { name } of await Array.fromAsync(open.node.mfs.list('/'))) await open.node.mfs.unlink(`/${name}`)
      return owning(new MfsBackend(open.node), open)
    }
    const behind = async () => behindLayers('mfs', await make())
    backendContract('mfs', make, { runs: 25, row: 'mfs, on a Kubo' })
    backendContract('mfs behind its layers', behind, { runs: 5 })
    vfsContract('the mutable tree', make, { runs: 8 })
    vfsContract('the mutable tree behind its layers', behind, { runs: 4 })
  },
  { flags: ['--offline'] },
)
