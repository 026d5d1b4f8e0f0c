import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { againstPeer } from './bench/against.ts'
import { floor, peer, polymount } from './bench/contestant.ts'
import { ipfsRows } from './bench/ipfs.ts'
import { listingRow } from './bench/listing.ts'
import { makeMaterial } from './bench/material.ts'
import { printRow, type Row, saveRows } from './bench/row.ts'
import { startRows } from './bench/start.ts'
import { syncRows } from './bench/sync.ts'

/** Everything against @modelcontextprotocol/server-filesystem in the same run, then each room's own benchmark. */
const folder = await realpath(await mkdtemp(join(tmpdir(), 'polymount-bench-')))
try {
  const material = await makeMaterial(join(folder, 'material'))
  await mkdir(join(folder, 'home'))
  const ours = polymount(material.root, 'bin/polymount.cjs', join(folder, 'home'))
  const theirs = peer(material.root)
  const rows: Row[] = []
  const field = { ours, theirs, floor: floor(join(folder, 'flushed')) }
  const measures = [
    () => startRows(field),
    async () => [await listingRow(ours)],
    () => againstPeer(material, field),
    () => ipfsRows(folder),
    () => syncRows(folder),
  ]
  for (const measure of measures) {
    const found = await measure()
    for (const row of found) printRow(row)
    rows.push(...found)
  }
  await saveRows(rows)
  for (const script of ['journal', 'search', 'storages']) execFileSync(process.execPath, [`scripts/bench/${script}.ts`], { stdio: 'inherit' })
} finally {
  await rm(folder, { recursive: true, force: true })
}
