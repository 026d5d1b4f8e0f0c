/** IPFS against Kubo's own program, offline. `node scripts/bench/ipfs.ts [FOLDER]` prints these rows alone. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findKubo } from '../servers/find.ts'
import { mutableTreeRows } from './ipfs-tree.ts'
import { limitsNow } from './limits.ts'
import { alternately, timed } from './measure.ts'
import { printRow, type Row } from './row.ts'

const run = promisify(execFile)
const MIB = 1 << 20
const SIZE = 1024 * MIB
const FILES = 10_000
const FILE_BYTES = 10 << 10
const MOST_MIB = 300
const WORK = fileURLToPath(new URL('./ipfs-work.ts', import.meta.url))

/** Every row; none without the program, and that is said. */
export async function ipfsRows(folder = tmpdir()): Promise<Row[]> {
  try {
    await findKubo()
  } catch (error) {
    console.log(`SKIPPED: all that is compared with Kubo (${error instanceof Error ? error.message : String(error)})`)
    return []
  }
  const at = await mkdtemp(join(folder, 'polymount-bench-ipfs-'))
  try {
    return [...(await new Importing(at).rows()), ...(await mutableTreeRows(at))]
  } finally {
    await rm(at, { recursive: true, force: true })
  }
}

interface Work {
  readonly name: string
  readonly bytes: number
  /** At least so many times as fast. */
  readonly least: number
  readonly limit: string
  readonly ours: () => Promise<number>
  readonly theirs: () => Promise<number>
}

/** Each program in a process and a repository of its own; what starting it takes does not count on either side. */
class Importing {
  readonly #at: string
  readonly #file: string
  readonly #tree: string
  #rss = 0

  constructor(at: string) {
    this.#at = at
    this.#file = join(at, 'file')
    this.#tree = join(at, 'tree')
  }

  async rows(): Promise<Row[]> {
    await this.#plant()
    const rows: Row[] = []
    for (const work of [...this.#adding(), await this.#reading()]) rows.push({ ...(await compare(work)), floor: await limitsNow(this.#at) })
    const memory = { work: 'ipfs: memory of our process that adds or reads 1 GiB', unit: 'MiB', ours: this.#rss, target: `< ${MOST_MIB} MiB` } as const
    return [...rows, { ...memory, holds: this.#rss < MOST_MIB, limit: 'blocks in flight' }]
  }

  async #plant(): Promise<void> {
    await using handle = await open(this.#file, 'w')
    for (let done = 0; done < SIZE; done += MIB) await handle.write(randomBytes(MIB))
    await mkdir(this.#tree)
    for (let i = 0; i < FILES; i++) await writeFile(join(this.#tree, `file-${i}`), randomBytes(FILE_BYTES))
  }

  #adding(): Work[] {
    const work = (name: string, bytes: number, limit: string, [ours, what]: readonly [string, string], flags: string): Work => ({
      name,
      bytes,
      least: 1,
      limit,
      ours: () => this.#anew((folder) => this.#ours(ours, folder, what)),
      theirs: () => this.#anew((folder) => this.#kubo(folder, `add -Q ${flags} "${what}"`)),
    })
    const large = work(
      'ipfs: add one file of 1 GiB',
      SIZE,
      'SHA-256, CRC-32, and a file that is flushed for each block; Kubo as it comes flushes none',
      ['add', this.#file],
      '',
    )
    const flushed = { theirs: () => this.#anew((folder) => this.#flushing(folder, `add -Q "${this.#file}"`)) }
    return [
      large,
      { ...large, ...flushed, name: `${large.name}, and Kubo flushes its blocks too`, limit: 'SHA-256, CRC-32, and a file that is flushed for each block' },
      work('ipfs: add 10,000 files of 10 KiB', FILES * FILE_BYTES, 'opening and reading the files', ['tree', this.#tree], '-r'),
      work('ipfs: only_hash of 1 GiB', SIZE, 'SHA-256', ['hash', this.#file], '--only-hash'),
    ]
  }

  async #reading(): Promise<Work> {
    const [ours, theirs] = [await mkdtemp(join(this.#at, 'ours-')), await mkdtemp(join(this.#at, 'kubo-'))]
    const { stdout } = await run(process.execPath, [WORK, 'add', ours, this.#file])
    const { cid } = JSON.parse(stdout) as { readonly cid: string }
    await initialized(theirs)
    await ipfs(theirs, `add -Q "${this.#file}"`)
    const read = () => this.#ours('cat', ours, cid)
    const least = 0.5
    return {
      name: 'ipfs: read 1 GiB back',
      bytes: SIZE,
      least,
      limit: 'a file for each block, and its CRC-32; Kubo checks nothing',
      ours: read,
      theirs: () => net(theirs, `cat ${cid}`),
    }
  }

  async #anew(work: (folder: string) => Promise<number>): Promise<number> {
    const folder = await mkdtemp(join(this.#at, 'fresh-'))
    try {
      return await work(folder)
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  async #ours(work: string, folder: string, what: string): Promise<number> {
    const { stdout } = await run(process.execPath, [WORK, work, folder, what], { env: { ...process.env, UV_THREADPOOL_SIZE: '16' } }) // as the launcher sets it
    const { ms, rss } = JSON.parse(stdout) as { readonly ms: number; readonly rss: number }
    this.#rss = Math.max(this.#rss, rss)
    return ms
  }

  /** Kubo whose blocks are durable when it answers, as ours are: not its default. */
  async #flushing(folder: string, command: string): Promise<number> {
    await initialized(folder)
    const config = join(folder, 'config')
    await writeFile(config, (await readFile(config, 'utf8')).replace('"sync": false', '"sync": true'))
    return net(folder, command)
  }

  async #kubo(folder: string, command: string): Promise<number> {
    await initialized(folder)
    return net(folder, command)
  }
}

async function compare({ name, bytes, least, limit, ours, theirs }: Work): Promise<Row> {
  const [us = Number.NaN, them = Number.NaN] = await alternately(3, [ours, theirs])
  const speed = (ms: number): number => (bytes / MIB / ms) * 1000
  return { work: name, unit: 'MiB/s', ours: speed(us), peer: { name: 'ipfs', value: speed(them) }, target: `≥ ${least}×`, holds: them / us >= least, limit }
}

const initialized = (repository: string): Promise<unknown> => ipfs(repository, 'init --profile=test,unixfs-v1-2025')

/** Milliseconds of a command, without those that any command takes. */
async function net(repository: string, command: string): Promise<number> {
  const idle = await timed(() => ipfs(repository, 'files stat /'))
  return (await timed(() => ipfs(repository, command))) - idle
}

async function ipfs(repository: string, command: string): Promise<void> {
  await run('sh', ['-c', `"$IPFS" ${command} > /dev/null`], { env: { IPFS: await findKubo(), IPFS_PATH: repository, IPFS_TELEMETRY: 'off' } })
}

if (import.meta.main) for (const row of await ipfsRows(process.argv[2])) printRow(row)
