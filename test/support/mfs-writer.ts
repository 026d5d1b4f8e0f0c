import { MfsBackend } from '../../backends/mfs/mfs.ts'
import { bytesOf } from '../../src/core/bytes.ts'
import { isCode } from '../../src/core/error.ts'
import { vfsPath as p } from '../../src/core/path.ts'
import { openNode, text } from './content.ts'

/** One of several processes that write to one tree: a file of its own each time, which it tells when it is there, and one that all count up. */
const [folder = '', id = '', count = ''] = process.argv.slice(2)
await using open = await openNode(folder)
const backend = new MfsBackend(open.node)

for (let i = 0; i < Number(count); i++) {
  await backend.write(p(`/w${id}-${i}`), bytesOf('x'))
  process.stdout.write(`w${id}-${i}\n`)
  while (!(await countedUp())) continue
}

async function countedUp(): Promise<boolean> {
  try {
    const { etag } = await backend.stat(p('/counter'))
    const counted = Number(await text(backend.read(p('/counter'), { ifMatch: etag })))
    await backend.write(p('/counter'), bytesOf(String(counted + 1)), { ifMatch: etag })
    return true
  } catch (error) {
    if (isCode(error, 'CONFLICT', 'BUSY')) return false
    if (!isCode(error, 'NOT_FOUND')) throw error
    await backend.write(p('/counter'), bytesOf('0'), { ifNoneMatch: '*' }).catch(() => {})
    return false
  }
}
