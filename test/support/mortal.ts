import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { Dirent } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { findKubo } from '../../scripts/servers/find.ts'
import type { Engine } from '../../src/ipfs/types.ts'
import { isAlive, type Known } from '../../src/services/identity.ts'
import { Database, type Value } from '../../src/sqlite/database.ts'
import { emptyPlace, type Ended, ended, type Host, host, type Place, start } from './program.ts'
import { type Stalling, StallingSource } from './stalling-source.ts'

const OF_THE_FOLDER = new Set(['SHARDING', '_README', 'diskUsage.cache'])

/** A machine on which the program is killed: one data folder, one engine off the network. */
export class Mortal implements AsyncDisposable {
  readonly engine: Engine
  readonly place: Place
  readonly data: string
  readonly #config: object
  readonly #env: Record<string, string>

  private constructor(engine: Engine, place: Place, config: object, env: Record<string, string>) {
    this.engine = engine
    this.place = place
    this.data = join(place.home, '.local/share/polymount')
    this.#config = config
    this.#env = env
  }

  static async start(engine: Engine, config: object = {}): Promise<Mortal> {
    return Mortal.#at(await emptyPlace(), engine, config)
  }

  static async #at(place: Place, engine: Engine, config: object): Promise<Mortal> {
    await writeFile(join(place.home, `${engine}.json`), JSON.stringify({ toolsets: ['all'], ipfs: { engine, network: 'off' }, ...config }))
    return new Mortal(engine, place, config, { KUBO_BINARY: await findKubo().catch(() => '') })
  }

  /** The same machine with another engine; it goes with this one. */
  with(engine: Engine): Promise<Mortal> {
    return Mortal.#at(this.place, engine, this.#config)
  }

  /** A host of an agent, with a gateway of its own over stdio. */
  agent(): Promise<Host> {
    return host(this.place, [this.place.work, '--config', join(this.place.home, `${this.engine}.json`)], { env: this.#env })
  }

  /** The command line of a person. */
  polymount(...args: readonly string[]): Promise<Ended> {
    return ended(this.begin(...args))
  }

  /** The same, which can be killed before its end. */
  begin(...args: readonly string[]): ChildProcessWithoutNullStreams {
    return start(this.place, [...args, '--config', join(this.place.home, `${this.engine}.json`)], { env: this.#env })
  }

  /** Names of the files that the engine holds blocks in, of those too that are being written. */
  async blockFiles(): Promise<string[]> {
    return (await this.#files()).map(({ name }) => name).toSorted()
  }

  /** Without what a Kubo had begun to write down when its client died: it names none of that, and clears it away when it starts. */
  async namedBlocks(): Promise<string[]> {
    return (await this.#files()).flatMap(({ name, parentPath }) => (parentPath.includes('/.temp') ? [] : [name])).toSorted()
  }

  async #files(): Promise<Dirent[]> {
    const folder = join(this.data, this.engine === 'kubo' ? 'services/kubo/repo/blocks' : 'blocks')
    try {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true })
      return entries.filter((entry) => entry.isFile() && !OF_THE_FOLDER.has(entry.name))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
      return [] // a folder went while it was looked through
    }
  }

  /** How many blocks the engine holds. */
  async blocks(): Promise<number> {
    if (this.engine === 'kubo') return (await this.blockFiles()).length
    return this.#told<{ readonly objects: number }>('blocks.db', 'select objects from total')?.objects ?? 0
  }

  /** True while a collection of the content store runs, and after one that died. */
  isCollecting(): boolean {
    return this.#told<{ readonly collecting: number }>('blocks.db', 'select collecting from epoch')?.collecting === 1
  }

  /** The state of the last change of the journal with this path, if there is one. */
  change(shown: string): string | undefined {
    return this.#told<{ readonly state: string }>('journal.db', 'select state from change where shown = ? order by seq desc limit 1', shown)?.state
  }

  /** The daemon of this machine, at once. */
  killKubo(): void {
    const { pid } = this.#kubo() ?? {}
    if (pid === undefined) throw new Error('no Kubo runs')
    process.kill(pid, 'SIGKILL')
  }

  /** How many files the index of sync knows. */
  indexed(): number {
    return this.#told<{ readonly files: number }>('sync.db', 'select count(*) as files from file')?.files ?? 0
  }

  #kubo(): Known | undefined {
    return this.#told<Known>('services.db', "select pid, born from service where name = 'kubo' and pid is not null")
  }

  /** undefined too while the database is being made. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows what his statement selects
  #told<Row>(file: string, sql: string, ...values: Value[]): Row | undefined {
    using stack = new DisposableStack()
    try {
      const db = stack.adopt(new Database(join(this.data, file), { create: false }), (opened) => opened.close())
      return db.get<Row>(sql, ...values)
    } catch (error) {
      if (error instanceof Error && /unable to open|directory does not exist|no such table|is locked/.test(error.message)) return undefined
      throw error
    }
  }

  /** A daemon that nobody was left to end goes too. */
  async [Symbol.asyncDispose](): Promise<void> {
    const left = this.#kubo()
    if (left && (await isAlive(left))) process.kill(left.pid, 'SIGKILL')
    await this.place[Symbol.asyncDispose]()
  }
}

export interface SlowMortal extends AsyncDisposable {
  readonly mortal: Mortal
  readonly source: StallingSource
}

/** One with content that comes in until it stands still, at these paths below `/web`. */
export async function besideSource(engine: Engine, files: Readonly<Record<string, Stalling>>): Promise<SlowMortal> {
  await using parts = new AsyncDisposableStack()
  const source = parts.use(await StallingSource.start())
  const urls = Object.fromEntries(Object.entries(files).map(([path, file]) => [path, source.url(file)]))
  const config = { backends: { web: { type: 'http', options: { files: urls } } }, mounts: [{ path: '/web', backend: 'web' }] }
  const mortal = parts.use(await Mortal.start(engine, config))
  const kept = parts.move()
  return { source, mortal, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** At once, as by an accident; resolves when it has ended. */
export async function killed({ client, pid }: Host): Promise<void> {
  const closed = new Promise<void>((resolve) => (client.onclose = resolve))
  process.kill(pid, 'SIGKILL')
  await closed
}

/** Looks until it is so, as often as can be. */
export async function seen(look: () => unknown): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await turn()) if (await look()) return
  throw new Error('it was never so')
}
