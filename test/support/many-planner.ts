// A process that finds out what a copy of so many listed files would do, and tells how many they are.
import { MemoryBackend } from '../../backends/memory/memory.ts'
import type { Entry } from '../../src/core/backend.ts'
import { type VfsPath, vfsPath as p } from '../../src/core/path.ts'
import { call, openTestVfs } from './vfs.ts'

const count = Number(process.argv[2])

class Many extends MemoryBackend {
  override async *list(path: VfsPath): AsyncGenerator<Entry> {
    const nameOf = (i: number): string => `a-name-of-some-length-${String(i).padStart(7, '0')}`
    if (path === '/') for (let i = 0; i < count; i++) yield { name: nameOf(i), kind: 'file', size: 4096, modified: new Date(0), etag: `e${i}`, mode: 0o644 }
  }
}

await using t = await openTestVfs({ '/many': new Many(), '/to': {} })
const { copied } = await t.vfs.copyInto(p('/many'), p('/to/there'), { ...call, dryRun: true })
process.stdout.write(`${copied}\n`)
