// A process of its own that writes into the mutable tree of a Kubo through the VFS, and tells each file that was acknowledged.
import { MfsBackend } from '../../backends/mfs/mfs.ts'
import { vfsPath as p } from '../../src/core/path.ts'
import { kuboNode } from '../../src/ipfs/kubo/index.ts'
import { openTestVfs } from './vfs.ts'

const [folder = '', url = '', session = ''] = process.argv.slice(2)
const node = await kuboNode({ endpoint: async () => ({ url }), folder, network: 'off', repository: 'test' })
const { vfs } = await openTestVfs({ '/mfs': new MfsBackend(node) }, { folder })
const call = { actor: { client: 'test', session, tool: 'test' } }

for (let i = 0; ; i++) {
  await vfs.write(p(`/mfs/${session}-${i}`), Buffer.alloc(i % 3 === 2 ? 200_000 : 10, `${i}`), call)
  process.stdout.write(`${i}\n`)
  await vfs.write(p('/mfs/last'), Buffer.from(`${session}-${i}`), { ...call, ifMatch: i > 0 ? '*' : undefined })
}
