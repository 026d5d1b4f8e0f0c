// A process of its own that adds to a Kubo what never ends, and says when much of it is under way.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bytes } from '../../src/core/backend.ts'
import { kuboNode } from '../../src/ipfs/kubo/index.ts'
import { noise } from './content.ts'

const [folder = '', url = ''] = process.argv.slice(2)

async function* endless(): Bytes {
  yield* noise(20 << 20)
  process.stdout.write('reached\n')
  await sleep(600_000)
}

await using node = await kuboNode({ endpoint: async () => ({ url }), folder, network: 'off', repository: 'test' })
await node.add(endless())
