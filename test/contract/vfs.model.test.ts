import { LocalBackend } from '../../backends/local/local.ts'
import { MemoryBackend } from '../../backends/memory/memory.ts'
import { rememberingWhatWas } from './cases/history.ts'
import { twoRoots, vfsBehavesLikeATree } from './model/vfs.ts'
import { behindLayers, scratch } from './support.ts'

rememberingWhatWas('memory', async () => new MemoryBackend())

const folder = scratch('disk')
const disk = async () => new LocalBackend({ root: await folder() })

rememberingWhatWas('a folder of the disk', disk)

vfsBehavesLikeATree('two memories', async () => [new MemoryBackend(), new MemoryBackend()])

vfsBehavesLikeATree('two folders of the disk', async () => [await disk(), await disk()])

vfsBehavesLikeATree('two roots of one memory', () => twoRoots(new MemoryBackend()), { runs: 15 })

vfsBehavesLikeATree('two roots of one disk', async () => twoRoots(await disk()), { runs: 15 })

vfsBehavesLikeATree('memory and disk', async () => [new MemoryBackend(), await disk()])

vfsBehavesLikeATree('memory and disk behind layers', async () => [behindLayers('memory', new MemoryBackend()), behindLayers('local', await disk())], {
  runs: 20,
})
