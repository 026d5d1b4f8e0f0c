import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { beforeEach, expect, test } from 'vitest'
import type { Row } from '../../scripts/bench/row.ts'
import { needsKubo } from '../support/kubo.ts'

/** What has a mark against `ipfs`, offline. */
const AGAINST_IPFS = [
  'ipfs: add one file of 1 GiB',
  'ipfs: add one file of 1 GiB, and Kubo flushes its blocks too',
  'ipfs: add 10,000 files of 10 KiB',
  'ipfs: only_hash of 1 GiB',
  'ipfs: read 1 GiB back',
  'ipfs_files_write: 1,000 small files, one by one',
  'MFS: list 20,000 entries with size and CID, by the node',
  'ipfs_files_ls: the same over MCP',
  'sync again with 1 of 100,000 files changed',
]

beforeEach(needsKubo)

/** Speed is not asserted: what a machine shows stands in reports/bench.json. Here it must only be measured, all of it. */
test('the benchmark measures every row, ours beside the peer in one run', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/bench.ts'], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  const { rows } = JSON.parse(readFileSync('reports/bench.json', 'utf8')) as { rows: Row[] }
  expect(rows.filter(({ ours }) => !Number.isFinite(ours))).toEqual([])
  expect(rows.filter(({ peer }) => peer !== undefined && !peer.name.startsWith('ipfs')).length).toBeGreaterThan(5)
  expect(rows.filter(({ peer }) => peer?.name.startsWith('ipfs') && Number.isFinite(peer.value)).map(({ work }) => work)).toEqual(AGAINST_IPFS)
  expect(rows.map(({ work }) => work)).toContain('ipfs: memory of our process that adds or reads 1 GiB')
}, 900_000)
