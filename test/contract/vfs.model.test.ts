import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { LocalBackend } from '../../backends/local/local.ts'
import { MemoryBackend } from '../../backends/memory/memory.ts'
import { vfsBehavesLikeATree } from './model/vfs.ts'

vfsBehavesLikeATree('two memories', async () => [new MemoryBackend(), new MemoryBackend()])

vfsBehavesLikeATree('two folders of the disk', async (folder) => {
  for (const name of ['x', 'y']) await mkdir(join(folder, name))
  return [new LocalBackend({ root: join(folder, 'x') }), new LocalBackend({ root: join(folder, 'y') })]
})

vfsBehavesLikeATree('memory and disk', async (folder) => [new MemoryBackend(), new LocalBackend({ root: folder })])
