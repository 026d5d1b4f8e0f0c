/** One piece of work of our node, in a process of its own: `node ipfs-work.ts add|tree|hash|cat DATA_FOLDER PATH_OR_CID`; tells how it went as JSON. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { LocalBackend } from '../../backends/local/local.ts'
import { vfsPath } from '../../src/core/path.ts'
import { openContentStore } from '../../src/content/store.ts'
import type { Source } from '../../src/content/types.ts'
import { embeddedNode } from '../../src/ipfs/embedded/index.ts'
import { timed } from './measure.ts'

const [work = '', folder = '', what = ''] = process.argv.slice(2)
await using content = await openContentStore({ folder })
await using node = await embeddedNode({ content, folder, network: 'off' })

await node.add(some(), { onlyHash: true, mode: 0o644 }) // loads the codecs and starts the threads; what starting takes does not count on the other side either

/** As `ipfs_add` reads a file of a served folder. */
async function* whole(path: string): AsyncGenerator<Uint8Array> {
  await using backend = new LocalBackend({ root: dirname(path) })
  yield* backend.read(vfsPath(`/${basename(path)}`), { reuse: true })
}

async function* small(path: string): AsyncGenerator<Uint8Array> {
  yield await readFile(path)
}

async function* some(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 8; i++) yield new Uint8Array(1 << 20)
}

async function* filesIn(path: string): AsyncGenerator<Source> {
  for (const name of await readdir(path)) yield { path: name, content: small(join(path, name)) }
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items) continue
}

let cid = ''
const WORKS: Readonly<Record<string, () => Promise<unknown>>> = {
  add: async () => ({ cid } = await node.add(whole(what))),
  hash: async () => ({ cid } = await node.add(whole(what), { onlyHash: true })),
  tree: async () => {
    for await (const entry of node.addTree(filesIn(what))) ({ cid } = entry)
  },
  cat: () => drain(node.read(what, { reuse: true })),
}
const ms = await timed(WORKS[work] ?? (() => Promise.reject(new Error(`no work is called ${work}`))))
process.stdout.write(`${JSON.stringify({ ms, cid, rss: process.resourceUsage().maxRSS / 1024 })}\n`)
