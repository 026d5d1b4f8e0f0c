// A collector in a process of its own that stands still at a step, to be killed there.
import { openContentStore } from '../../src/content/store.ts'

const [folder = '', root = '', step = ''] = process.argv.slice(2)
const content = await openContentStore({ folder })

function reach(here: string): void {
  if (here !== step) return
  process.stdout.write('reached\n')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

await content.collect(
  async function* () {
    reach('begun')
    yield { cid: root, reason: 'pin', recursive: true }
    reach('marked')
  },
  { onProgress: reach },
)
reach('ended')
