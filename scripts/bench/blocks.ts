/**
 * Where blocks are kept best: in SQLite or in files, by their size; and what the content store makes of it, beside the
 * floor of the machine. `node scripts/bench/blocks.ts [folder]`
 */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMALL_BYTES } from '../../src/content/blocks/batch.ts'
import { BlockFiles } from '../../src/content/blocks/files.ts'
import { sha256, sha256Multihash } from '../../src/content/blocks/multihash.ts'
import { openContentStore } from '../../src/content/store.ts'
import { openShared } from '../../src/sqlite/shared.ts'

const KIB = 1 << 10
const MIB = 1 << 20
const PER_COMMIT = 64
const ROUNDS = 8

interface Block {
  readonly multihash: Buffer
  readonly content: Buffer
}

interface Candidate {
  write(blocks: readonly Block[]): Promise<void>
  read(block: Block): Promise<Uint8Array | undefined>
}

async function inSqlite(folder: string): Promise<Candidate> {
  const db = await openShared(join(folder, 'candidate.db'), ['CREATE TABLE block (multihash BLOB PRIMARY KEY, content BLOB) STRICT'])
  return {
    write: async (blocks) => db.immediate(() => blocks.forEach(({ multihash, content }) => db.run('INSERT INTO block VALUES (?, ?)', multihash, content))),
    read: async ({ multihash }) => db.get<{ content: Buffer }>('SELECT content FROM block WHERE multihash = ?', multihash)?.content,
  }
}

async function inFiles(folder: string): Promise<Candidate> {
  await mkdir(join(folder, 'files'))
  const files = new BlockFiles(join(folder, 'files'))
  return {
    async write(blocks) {
      await inParallel(blocks, ({ multihash, content }) => files.write(multihash, content))
      await files.settle(blocks.map(({ multihash }) => multihash))
    },
    read: ({ multihash, content }) => files.read(multihash, content.length),
  }
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const queue = items.values()
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}

const blocksOf = (size: number, count: number): Block[] =>
  Array.from({ length: count }, () => randomBytes(size)).map((content) => ({ content, multihash: sha256Multihash(sha256(content)) }))

/** MB/s of the best of some rounds: what the machine can do when nobody disturbs it. */
async function best(bytes: number, rounds: number, work: (round: number) => Promise<void>): Promise<number> {
  let fastest = Infinity
  for (let round = 0; round < rounds; round++) {
    const from = performance.now()
    await work(round)
    fastest = Math.min(fastest, performance.now() - from)
  }
  return bytes / 1000 / fastest
}

async function compare(size: number, folder: string): Promise<void> {
  const rounds = Array.from({ length: ROUNDS }, () => blocksOf(size, PER_COMMIT))
  const speeds: { readonly write: number; readonly read: number }[] = []
  for (const candidate of [await inSqlite(folder), await inFiles(folder)]) {
    const write = await best(size * PER_COMMIT, ROUNDS, (round) => candidate.write(rounds[round] ?? []))
    const read = await best(size * PER_COMMIT, ROUNDS, (round) => inParallel(rounds[round] ?? [], (block) => candidate.read(block)))
    speeds.push({ write, read })
  }
  const [sqlite = { write: 0, read: 0 }, files = { write: 0, read: 0 }] = speeds
  const chosen = size <= SMALL_BYTES ? 'SQLite' : 'file'
  console.log(`${String(size / KIB).padStart(5)} KiB   ${line(sqlite.write, files.write)}    ${line(sqlite.read, files.read)}    → ${chosen}`)
}

const line = (a: number, b: number): string => `${a.toFixed(0).padStart(5)} ${b.toFixed(0).padStart(5)} ${(b / a).toFixed(2).padStart(5)}×`

async function whole(folder: string, size: number): Promise<void> {
  const source = join(folder, 'source')
  const write = await best(size, 1, async () => {
    await using file = await open(source, 'w')
    for (let at = 0; at < size; at += MIB) await file.write(randomBytes(MIB))
    await file.sync()
  })
  const read = (): AsyncIterable<Buffer> => createReadStream(source, { highWaterMark: MIB })
  const hash = await best(size, 1, async () => {
    for await (const part of read()) sha256(part)
  })
  await using content = await openContentStore({ folder })
  let cid = ''
  const hashed = await best(size, 1, async () => void (await content.put(read(), { onlyHash: true })))
  const add = await best(size, 1, async () => void ({ cid } = await content.put(read())))
  const cat = await best(size, 1, async () => void (await drain(content.read(cid))))
  const rss = (process.resourceUsage().maxRSS / 1024).toFixed(0)
  console.log(`${size / MIB} MiB, MB/s: add ${add.toFixed(0)}, cat ${cat.toFixed(0)} (each block's CRC-32 checked), only_hash ${hashed.toFixed(0)}`)
  console.log(
    `floor: write with one fsync ${write.toFixed(0)}, read and sha256 ${hash.toFixed(0)}; add is ${(add / Math.min(write, hash)).toFixed(2)}× of it; peak RSS ${rss} MB`,
  )
}

async function drain(source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of source) continue
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'polymount-blocks-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

await inFolder((folder) => whole(folder, 1024 * MIB))
console.log(`\ndurable, ${PER_COMMIT} blocks a commit, MB/s:\n            write SQLite files ratio    read SQLite files ratio`)
for (const size of [1, 4, 16, 64, 128, 256, 512, 1024]) await inFolder((folder) => compare(size * KIB, folder))
