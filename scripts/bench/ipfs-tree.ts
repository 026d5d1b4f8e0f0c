import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesOf } from '../../src/core/bytes.ts'
import { openContentStore } from '../../src/content/store.ts'
import type { Source } from '../../src/content/types.ts'
import { embeddedNode } from '../../src/ipfs/embedded/index.ts'
import { KuboDaemon } from '../../test/support/kubo.ts'
import { KuboFiles } from '../../test/support/kubo-files.ts'
import { polymount, type Running, start } from './contestant.ts'
import { alternately, oneByOne, timed } from './measure.ts'
import type { Row } from './row.ts'

const WRITES = 1000
const ENTRIES = 20_000
const PAGE = 1000

/** Our tools over stdio, journal and all, and our node in this process, against Kubo's RPC over HTTP. */
export async function mutableTreeRows(at: string): Promise<Row[]> {
  const home = join(at, 'home')
  await mkdir(home)
  await using daemon = await KuboDaemon.start({ flags: ['--offline'] })
  await using us = await start(polymount(home, 'bin/polymount.cjs', home))
  const files = new KuboFiles(daemon)
  const write = await writing(us, files)
  return [write, ...(await listing(us, files, daemon, home))]
}

async function writing(us: Running, files: KuboFiles): Promise<Row> {
  let round = 0
  const inFolder = async (write: (path: string) => Promise<unknown>): Promise<number> => {
    const folder = `/round-${round++}`
    await Promise.all([called(us, 'ipfs_files_mkdir', { path: folder }), files.mkdir(folder)])
    return oneByOne(WRITES, (i) => write(`${folder}/file-${i}`))
  }
  const [ours = Number.NaN, theirs = Number.NaN] = await alternately(1, [
    () => inFolder((path) => called(us, 'ipfs_files_write', { path, content: path })),
    () => inFolder((path) => files.write(path, Buffer.from(path), { create: true })),
  ])
  return rowOf('ipfs_files_write: 1,000 small files, one by one', ours, theirs, 'flushing the journal, the blocks and the root')
}

/** By the node, as a tool of ours asks it and a tool on Kubo would ask that; and what a client of the tool waits for. */
async function listing(us: Running, files: KuboFiles, daemon: KuboDaemon, home: string): Promise<Row[]> {
  const tree = join(home, 'entries')
  await mkdir(tree)
  for (let i = 0; i < ENTRIES; i++) await writeFile(join(tree, `entry-${i}`), String(i))
  await called(us, 'ipfs_add', { from: tree, pin: false, to_mfs: '/entries' })
  await files.cp(`/ipfs/${await daemon.run(['add', '-r', '-Q', '--pin=false', tree])}`, '/entries')
  await using content = await openContentStore({ folder: join(home, 'own') })
  await using node = await embeddedNode({ content, folder: join(home, 'own'), network: 'off' })
  await node.mfs.link('/entries', (await Array.fromAsync(node.addTree(entries()))).at(-1)?.cid ?? '')
  const [alone = Number.NaN, ours = Number.NaN, theirs = Number.NaN] = await alternately(5, [
    () => timed(async () => expect((await Array.fromAsync(node.mfs.list('/entries'))).length)),
    () => timed(async () => expect(await pages(us))),
    () => timed(async () => expect((JSON.parse(await files.call('files/ls', { arg: '/entries', long: true })) as { Entries: unknown[] }).Entries.length)),
  ])
  const pagesLimit = `pages of ${PAGE}, each as text and as structured content, which take the client alone as long as Kubo's one answer`
  return [
    rowOf(
      'MFS: list 20,000 entries with size and CID, by the node',
      alone,
      theirs,
      'an object for each entry: our node keeps the folder that was read last, as Kubo does',
    ),
    rowOf('ipfs_files_ls: the same over MCP', ours, theirs, pagesLimit),
  ]
}

async function* entries(): AsyncGenerator<Source> {
  for (let i = 0; i < ENTRIES; i++) yield { path: `entry-${i}`, content: bytesOf(String(i)) }
}

async function pages(us: Running): Promise<number> {
  let found = 0
  for (let cursor: unknown; cursor !== null;) {
    const page = await called(us, 'ipfs_files_ls', { path: '/entries', long: true, limit: PAGE, ...(cursor !== undefined && { cursor }) })
    found += (page['entries'] as readonly unknown[]).length
    cursor = page['next_cursor']
  }
  return found
}

async function called({ client }: Running, name: string, args: Record<string, unknown>): Promise<Readonly<Record<string, unknown>>> {
  const { isError, content, structuredContent } = await client.callTool({ name, arguments: args }, { timeout: 600_000 })
  if (isError) throw new Error(`${name}: ${JSON.stringify(content).slice(0, 300)}`)
  return structuredContent as Readonly<Record<string, unknown>>
}

const rowOf = (work: string, ours: number, theirs: number, limit: string): Row => ({
  work,
  unit: 'ms',
  ours,
  peer: { name: 'ipfs', value: theirs },
  target: '≤ 1×',
  holds: ours <= theirs,
  limit,
})

function expect(found: number): void {
  if (found !== ENTRIES) throw new Error(`found ${found} entries instead of ${ENTRIES}`)
}
