import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { findKubo } from '../servers/find.ts'
import { polymount, type Running, start } from './contestant.ts'
import { makeTree } from './material.ts'
import { alternately, timed } from './measure.ts'
import { printRow, type Row } from './row.ts'

/**
 * A folder of 100,000 files is synced again after one of them has changed, beside `ipfs add -r` of the same folder, which has
 * all but that one too, offline: no daemon runs on its repository. The client waits for both.
 */
const FILES = 100_000
const LEAST = 20
const ROUNDS = 3
const PATIENCE_MS = 600_000

/** None without the program, and that is said. */
export async function syncRows(folder = tmpdir()): Promise<Row[]> {
  const kubo = await findKubo().catch((error: Error) => void console.log(`SKIPPED: sync beside ipfs add -r (${error.message})`))
  if (kubo === undefined) return []
  const at = await realpath(await mkdtemp(join(folder, 'polymount-bench-sync-')))
  try {
    return [await compared(at, kubo)]
  } finally {
    await rm(at, { recursive: true, force: true })
  }
}

async function compared(folder: string, kubo: string): Promise<Row> {
  const [tree, home, repository] = ['tree', 'home', 'ipfs'].map((name) => join(folder, name)) as [string, string, string]
  await makeTree(tree, FILES)
  await mkdir(home)
  const ipfs = (...args: string[]) => execa(kubo, args, { env: { IPFS_PATH: repository, IPFS_TELEMETRY: 'off' } })
  await ipfs('init', '--profile=unixfs-v1-2025')
  await using us = await start(polymount(tree, 'bin/polymount.cjs', home))
  let changes = 0
  const afterChange = async (work: () => Promise<string>): Promise<number> => {
    await writeFile(join(tree, 'd0/e0/1.ts'), `changed ${changes++}`)
    return timed(work)
  }
  const ours = (): Promise<string> => synced(us, tree)
  const theirs = async (): Promise<string> => (await ipfs('add', '-r', '-Q', tree)).stdout
  if ((await ours()) !== (await theirs())) throw new Error('the two give the folder different CIDs')
  const [own = Number.NaN, peer = Number.NaN] = await alternately(ROUNDS, [() => afterChange(ours), () => afterChange(theirs)])
  return {
    work: 'sync again with 1 of 100,000 files changed',
    unit: 'ms',
    ours: own,
    peer: { name: 'ipfs add -r', value: peer },
    target: `≤ ${1 / LEAST}× (${LEAST} times as fast)`,
    holds: own * LEAST <= peer,
    limit: 'looking at every file (one lstat each, and its etag), and whether each block of the last tree is there',
  }
}

async function synced({ client }: Running, path: string): Promise<string> {
  const { structuredContent, isError } = await client.callTool({ name: 'vfs_sync_to_ipfs', arguments: { path } }, { timeout: PATIENCE_MS })
  if (isError) throw new Error('the sync failed')
  return String((structuredContent as { readonly cid?: unknown } | undefined)?.cid)
}

if (import.meta.main) for (const row of await syncRows(process.argv[2])) printRow(row)
