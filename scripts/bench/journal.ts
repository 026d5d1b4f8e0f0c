/** What the journal alone can do: one durable change after another, and 64 callers at once. `node scripts/bench/journal.ts [folder]` */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { VfsPath } from '../../src/core/path.ts'
import { openJournal } from '../../src/journal/open.ts'
import type { Intent, Journal } from '../../src/journal/types.ts'

const CALLERS = 64
const CHANGES = 40_000
const ALONE = 3000
const actor = { client: 'bench', clientVersion: '1', session: 'b1', tool: 'vfs_write' }
const content = Buffer.alloc(1024, 'x')

const intent = (name: string, kept: boolean): Intent => ({
  kind: 'write',
  place: { volume: 'local:bench', inner: `/home/me/projects/app/src/${name}`, shown: `/home/me/projects/app/src/${name}` as VfsPath },
  actor,
  before: kept ? { kind: 'file', etag: 'k3x9p0q2', size: content.length, cid: `bafk${name}`, mode: 0o644 } : null,
  after: { kind: 'file', size: 1024, cid: 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy' },
  ...(kept && { kept: { in: 'journal' as const, cid: `bafk${name}` }, content }),
})

async function change(journal: Journal, name: string, kept: boolean): Promise<void> {
  const open = await journal.begin(intent(name, kept))
  open.done({ kind: 'file', etag: 'k3x9p0q3', size: 1024, mode: 0o644 })
}

async function alone(journal: Journal, kept: boolean): Promise<string> {
  const times: number[] = []
  for (let i = 0; i < ALONE; i++) {
    const from = performance.now()
    await change(journal, `alone${kept}${i}`, kept)
    times.push(performance.now() - from)
    await new Promise((resolve) => setTimeout(resolve, 0)) // the client's turn
  }
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number): string => `${sorted[Math.floor(sorted.length * part)]?.toFixed(3)} ms`
  return `p50 ${at(0.5)}, p99 ${at(0.99)}`
}

async function together(journal: Journal, kept: boolean): Promise<string> {
  const from = performance.now()
  let next = 0
  const caller = async (): Promise<void> => {
    for (let i = next++; i < CHANGES; i = next++) await change(journal, `${kept}${i}`, kept)
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  await journal.settled()
  return `${Math.round(CHANGES / ((performance.now() - from) / 1000)).toLocaleString('en')} per second`
}

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'polymount-bench-'))
const journal = await openJournal({
  folder,
  volumes: { resolve: () => undefined },
  versions: { put: () => Promise.reject(new Error('nothing is recovered here')) },
})
console.log(`one after another, durable, nothing kept:   ${await alone(journal, false)}`)
console.log(`one after another, durable, 1 KiB kept:     ${await alone(journal, true)}`)
console.log(`${CALLERS} callers, durable begin and end:         ${await together(journal, false)}`)
console.log(`${CALLERS} callers, the same with 1 KiB kept each: ${await together(journal, true)}`)
await journal[Symbol.asyncDispose]()
rmSync(folder, { recursive: true })
