// One of several processes that write while another one collects. It says what it has pinned, as JSON.
import { randomBytes } from 'node:crypto'
import { LocalBackend } from '../../backends/local/local.ts'
import { MfsBackend } from '../../backends/mfs/mfs.ts'
import { bytesOf } from '../../src/core/bytes.ts'
import { isCode } from '../../src/core/error.ts'
import { vfsPath as p } from '../../src/core/path.ts'
import { kuboNode } from '../../src/ipfs/kubo/index.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import { openNode } from './content.ts'
import { openTestVfs } from './vfs.ts'

const [data = '', work = '', id = '', rounds = '', kubo] = process.argv.slice(2)
const call = { actor: { client: 'test', session: id, tool: 'test' } }
const SIZES = [10, 5000, 100_000, 2_500_000]

const open = async (): Promise<IpfsNode> =>
  kubo === undefined ? (await openNode(data)).node : kuboNode({ endpoint: async () => ({ url: kubo }), folder: data, network: 'off', repository: 'test' })

await using node = await open()
await using t = await openTestVfs({ '/mfs': new MfsBackend(node), '/work': new LocalBackend({ root: work, dataFolder: data }) }, { folder: data })
const pinned = new Map<string, number>()

const fresh = (round: number): Buffer => randomBytes(SIZES[round % SIZES.length] ?? 0)

/** All processes have the same ones: whoever puts one again finds it condemned. */
const shared = (round: number): Buffer => Buffer.alloc(SIZES[round % SIZES.length] ?? 0, `shared ${round % SIZES.length}`)

async function pin(content: Buffer): Promise<void> {
  await using _ = await node.guard()
  const { cid } = await node.add(bytesOf(content))
  await node.pins.add(cid)
  pinned.set(cid, content.length)
}

/** What nothing holds between its add and its pin: it is pinned whole, or refused. */
async function pinLate(content: Buffer): Promise<void> {
  const { cid } = await node.add(bytesOf(content))
  try {
    await node.pins.add(cid)
    pinned.set(cid, content.length)
  } catch (error) {
    if (!isCode(error, 'OFFLINE')) throw error
  }
}

const written = new Set<string>()

async function write(path: string, content: Buffer): Promise<void> {
  await t.vfs.write(p(path), content, { ...call, ifMatch: written.has(path) ? '*' : undefined })
  written.add(path)
}

for (let round = 0; round < Number(rounds); round++) {
  await pin(fresh(round))
  await pinLate(fresh(round + 1))
  await write(`/mfs/${id}`, fresh(round))
  await write(`/mfs/${id}-${round}`, shared(round))
  const { change } = await t.vfs.remove(p(`/mfs/${id}-${round}`), call)
  if (round % 2 === 0 && change !== null) await t.vfs.undo({ change }, call)
  await write(`/work/${id}`, randomBytes(200_000 + round)) // what it replaces goes into the content store
}
process.stdout.write(`${JSON.stringify([...pinned])}\n`)
