// A process of its own that collects the repository of a Kubo. It says when the first block is gone.
import { kuboNode } from '../../src/ipfs/kubo/index.ts'

const [folder = '', url = ''] = process.argv.slice(2)
await using node = await kuboNode({ endpoint: async () => ({ url }), folder, network: 'off', repository: 'test' })
const { freed } = await node.collect({ onProgress: (_, blocks) => void (blocks === 1 && process.stdout.write('begun\n')) })
process.stdout.write(`${freed.blocks}\n`)
