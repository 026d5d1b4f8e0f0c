import { MemoryBackend } from '../../backends/memory/memory.ts'
import { type MakeOne, rememberingWhatWas } from './cases/history.ts'
import { vfsBehavesLikeATree } from './model/vfs.ts'

/** What the VFS promises over a storage, alone and beside another one. */
export function vfsContract(title: string, make: MakeOne, options: { readonly runs: number }): void {
  rememberingWhatWas(title, make)
  vfsBehavesLikeATree(`${title} and memory`, async (data) => [await make(data), new MemoryBackend()], options)
}
