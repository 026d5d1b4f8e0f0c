/** Storages against rclone, over a real S3 server on this machine. `node scripts/bench/storages.ts [SHARE]` makes every row that share of its size. */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, open, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { CountingProxy } from '../../test/support/counting-proxy.ts'
import { S3Server, VERSITY } from '../../test/support/s3.ts'
import { findServer } from '../servers/find.ts'
import { RCLONE, VERSITYGW } from '../servers/programs.ts'
import { limitsNow } from './limits.ts'
import { alternately, oneByOne, timed } from './measure.ts'
import { printRow, type Row } from './row.ts'

const MIB = 1 << 20
const WORK = fileURLToPath(new URL('./storages-work.ts', import.meta.url))
const [ID, KEY] = ['polymount-test', 'not-a-secret-of-anyone'] // what the test server is started with

type Steps = readonly (readonly [work: string, from: string, to?: string])[]

interface Took {
  readonly ms: readonly number[]
  readonly rss: number
}

class Storages {
  readonly #at: string
  readonly #share: number
  readonly #server: S3Server
  readonly #rclone: string
  #rounds = 0
  #starting: Promise<number> | undefined

  constructor(at: string, share: number, server: S3Server, rclone: string) {
    this.#at = at
    this.#share = share
    this.#server = server
    this.#rclone = rclone
  }

  async print(): Promise<void> {
    for (const measure of [() => this.#large(), () => this.#small(), () => this.#listing(), () => this.#inside(), () => this.#remembered()])
      for (const row of await measure()) printRow({ ...row, floor: row.floor ?? (await limitsNow(this.#at)) })
  }

  async #large(): Promise<Row[]> {
    const size = Math.ceil(1024 * this.#share)
    const folder = await this.#folder('large')
    await using file = await open(join(folder, 'file'), 'w')
    for (let i = 0; i < size; i++) await file.write(randomBytes(MIB))
    const bucket = await this.#bucket()
    const [up = 0, upPeer = 0] = await alternately(1, [
      async () => (await this.#ours(bucket, [['copy', `${folder}/file`, `/bucket/${this.#round()}`]])).ms[0] ?? 0,
      () => this.#theirs('copyto', `${folder}/file`, `:s3:${bucket}/${this.#round()}`),
    ])
    await this.#theirs('copyto', `${folder}/file`, `:s3:${bucket}/file`)
    const [down = 0, downPeer = 0] = await alternately(1, [
      async () => (await this.#ours(bucket, [['copy', '/bucket/file', `${folder}/${this.#round()}`]])).ms[0] ?? 0,
      () => this.#theirs('copyto', `:s3:${bucket}/file`, `${folder}/${this.#round()}`),
    ])
    return [
      speed(`local → S3, ${size} MiB`, size, up, upPeer, 'the CID, the signature and the checksum are hashed on one thread; the server shares its cores'),
      speed(`S3 → local, ${size} MiB`, size, down, downPeer, 'the content is hashed, flushed, read back and hashed again'),
    ]
  }

  async #small(): Promise<Row[]> {
    const count = Math.ceil(5000 * this.#share)
    const folder = await this.#folder('small')
    for (let i = 0; i < count; i++) await writeFile(join(folder, `${i}`), randomBytes(4096))
    const bucket = await this.#bucket()
    const flags = ['--transfers', '16', '--checkers', '16', '--checksum']
    const first: number[] = []
    const [again = 0, againPeer = 0] = await alternately(1, [
      async () => {
        const to = `/bucket/${this.#round()}`
        const { ms } = await this.#ours(bucket, [['copy16', folder, to], ['copy16', folder, to]]) // prettier-ignore
        first[0] = ms[0] ?? 0
        return ms[1] ?? 0
      },
      async () => {
        const to = `:s3:${bucket}/${this.#round()}`
        first[1] = await this.#theirs('copy', folder, to, ...flags)
        return this.#theirs('copy', folder, to, ...flags)
      },
    ])
    return [
      faster(
        `local → S3, ${count} files of 4 KiB, 16 in parallel`,
        first[0] ?? 0,
        first[1] ?? 0,
        'each is a signed request of the SDK and an intent in the journal, on one thread',
      ),
      faster('the same again with nothing changed', again, againPeer, 'an etag and a look into the journal for each file'),
    ]
  }

  async #listing(): Promise<Row[]> {
    const count = Math.ceil(100_000 * this.#share)
    const bucket = await this.#bucket()
    const folder = join(this.#server.buckets, bucket, 'many')
    await mkdir(folder)
    for (let i = 0; i < count; i++) await writeFile(join(folder, `key-${String(i).padStart(6, '0')}`), 'x')
    let rss = 0
    const idle = (await this.#ours(bucket, [])).rss
    const [ours = 0, theirs = 0] = await alternately(1, [
      async () => {
        const took = await this.#ours(bucket, [['list', '/plain/many', `${count}`]])
        rss = took.rss
        return took.ms[0] ?? 0
      },
      () => this.#theirs('lsf', `:s3:${bucket}/many`),
    ])
    const memory = {
      unit: 'MiB',
      ours: rss,
      target: `< ${Math.round(idle) + 64} MiB, 64 above that of one that lists nothing`,
      holds: rss < idle + 64,
    } as const
    return [
      faster(`list ${count} keys`, ours, theirs, 'pages of 1,000, one after the other; most of it is the server'),
      { ...memory, work: 'the most memory of our process that lists them', limit: 'one page of the answer' },
    ]
  }

  async #inside(): Promise<Row[]> {
    const size = Math.ceil(256 * this.#share)
    const folder = await this.#folder('inside')
    await writeFile(join(folder, 'file'), Buffer.alloc(size * MIB, randomBytes(MIB)))
    const bucket = await this.#bucket()
    await this.#theirs('copyto', `${folder}/file`, `:s3:${bucket}/file`)
    await using wire = await CountingProxy.start(this.#server.endpoint)
    const before = wire.bytes
    await this.#ours(bucket, [], wire.endpoint)
    const idle = wire.bytes - before
    await this.#ours(bucket, [['copy', '/bucket/file', '/bucket/copied']], wire.endpoint)
    const through = (wire.bytes - before - 2 * idle) / MIB
    const holds = through < 0.25
    return [
      {
        work: `S3 → S3 in one endpoint, ${size} MiB: bytes through us`,
        unit: 'MiB',
        ours: through,
        target: '< 0.25 MiB: requests only',
        holds,
        limit: 'the storage copies',
      },
    ]
  }

  async #remembered(): Promise<Row[]> {
    const folder = await this.#folder('hot')
    await writeFile(join(folder, 'file'), randomBytes(64 << 10))
    const bucket = await this.#bucket()
    await this.#theirs('copyto', `${folder}/file`, `:s3:${bucket}/file`)
    const steps: Steps = [['stat', '/bucket/file'], ['stat', '/plain/file'], ['read', '/bucket/file'], ['read', '/plain/file']] // prettier-ignore
    const { ms } = await this.#ours(bucket, steps)
    return [cached('stat of an S3 file, cached (p50)', ms[0], ms[1]), cached('read of 64 KiB of S3, cached (p50)', ms[2], ms[3])]
  }

  #round(): string {
    return `round-${this.#rounds++}`
  }

  async #folder(name: string): Promise<string> {
    const folder = join(this.#at, name)
    await mkdir(folder)
    return folder
  }

  async #bucket(): Promise<string> {
    return (await this.#server.options()).bucket
  }

  /** In a process with a data folder of its own, which is not counted. */
  async #ours(bucket: string, steps: Steps, endpoint = this.#server.endpoint): Promise<Took> {
    const data = await mkdtemp(join(this.#at, '..', 'polymount-bench-data-'))
    try {
      const { stdout } = await execa(process.execPath, ['--import', 'tsx', WORK, this.#at, data, endpoint, bucket, JSON.stringify(steps)], {
        env: { ID, KEY },
        stderr: 'inherit',
      })
      return JSON.parse(stdout) as Took
    } finally {
      await rm(data, { recursive: true })
    }
  }

  /** What starting it takes is not counted. */
  async #theirs(...args: readonly string[]): Promise<number> {
    const env = { RCLONE_CONFIG: '/dev/null', RCLONE_S3_PROVIDER: 'Other', RCLONE_S3_ENDPOINT: this.#server.endpoint, RCLONE_S3_ACCESS_KEY_ID: ID, RCLONE_S3_SECRET_ACCESS_KEY: KEY } // prettier-ignore
    this.#starting ??= oneByOne(5, () => execa(this.#rclone, ['version'], { env, stdout: 'ignore' }))
    const starting = await this.#starting
    return (await timed(() => execa(this.#rclone, [...args], { env, stdout: 'ignore' }))) - starting
  }
}

const speed = (work: string, mib: number, ms: number, peer: number, limit: string): Row => {
  const [ours, theirs] = [(mib / ms) * 1000, (mib / peer) * 1000]
  return { work, unit: 'MiB/s', ours, peer: { name: 'rclone', value: theirs }, target: '≥ 1×', holds: ours >= theirs, limit }
}

const faster = (work: string, ms: number, peer: number, limit: string): Row => ({
  work,
  unit: 'ms',
  ours: ms,
  peer: { name: 'rclone', value: peer },
  target: '≤ 1×',
  holds: ms <= peer,
  limit,
})

const cached = (work: string, ms = Number.NaN, uncached = Number.NaN): Row => ({
  work,
  unit: 'ms',
  ours: ms,
  peer: { name: 'uncached', value: uncached },
  target: '≤ 1 ms and ≤ 0.05×',
  holds: ms <= 1 && ms * 20 <= uncached,
  limit: 'the rules and the mount table',
})

const at = await realpath(await mkdtemp(join(tmpdir(), 'polymount-bench-storages-')))
try {
  const rclone = await findServer(RCLONE)
  await findServer(VERSITYGW)
  await using server = await S3Server.start({ ...VERSITY, args: (folder, address) => ['--keep-alive', ...VERSITY.args(folder, address)] })
  await new Storages(at, Number(process.argv[2] ?? 1), server, rclone).print()
} catch (error) {
  if (!(error instanceof Error) || !error.message.startsWith('there is no ')) throw error
  console.log(`SKIPPED: storages beside rclone (${error.message})`)
} finally {
  await rm(at, { recursive: true, force: true })
}
