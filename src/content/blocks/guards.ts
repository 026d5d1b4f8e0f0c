import { join } from 'node:path'
import { VfsError } from '../../core/error.ts'
import { patiently } from '../../sqlite/busy.ts'
import type { Committer } from '../../sqlite/committer.ts'
import type { Database, Value } from '../../sqlite/database.ts'
import { Hold } from '../../sqlite/hold.ts'
import { Life, type Sign } from '../../sqlite/life.ts'

/** What a process holds while it collects. */
export const COLLECTION = 'collection'

/**
 * An open operation (journal.md, 19). While it is open, collection takes no block that was put or raised since it was
 * opened: so whoever puts blocks and then names them, by a pin, a root or a change, closes it when the name is durable.
 * It ends with its process too. A guard inside another one costs little.
 */
export interface Guard extends AsyncDisposable {
  /** Blocks of this generation and later ones are safe. */
  readonly generation: number
  /** A collection was running when it was opened, and does not know of it. */
  readonly collecting: boolean
}

interface Row extends Pick<Guard, 'generation' | 'collecting'> {
  readonly id: number
}

/** A row, and how many of this process's operations it stands for. */
interface Shared {
  readonly row: Promise<Row>
  generation: number | undefined
  users: number
}

interface Self {
  readonly id: number
  readonly life: Life
}

/** The guards of this process, as rows that every process of the data folder sees. A process that only reads leaves no trace. */
export class Guards implements AsyncDisposable {
  readonly #db: Database
  readonly #committer: Committer
  readonly #run: string
  #self: Promise<Self> | undefined
  #newest: Shared | undefined

  constructor(db: Database, committer: Committer, folder: string) {
    this.#db = db
    this.#committer = committer
    this.#run = join(folder, 'run')
  }

  /** Collections that begin while it is open keep what lies below `cid`, if that is given, as far as it is here then. */
  async open(cid?: string): Promise<Guard> {
    const current = await patiently(() => this.#one<{ generation: number }>('SELECT generation FROM epoch').generation)
    const shared = cid === undefined ? this.#sharedAt(current) : this.#begin(cid)
    shared.users++
    try {
      const { generation, collecting } = await shared.row
      let close = (): void => this.#close(shared)
      const once = async (): Promise<void> => {
        close()
        close = () => {} // a guard that is closed by hand is disposed too
      }
      return { generation, collecting: collecting && !(await this.#collectorDied()), [Symbol.asyncDispose]: once }
    } catch (error) {
      this.#close(shared)
      throw error
    }
  }

  /** True if another process may be writing; no one else begins before the end of the transaction in which it is asked. */
  async othersAsked(): Promise<() => boolean> {
    const { id } = await this.#registered()
    return () => this.#db.get('SELECT 1 FROM guard WHERE owner <> ?', id) !== undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const self = await this.#self?.catch(() => undefined)
    if (!self) return
    self.life.end({ forgotten: await this.#committer.run(() => this.#forget(self.id)).catch(() => false) })
  }

  /** A collector that died has left its sign, which nobody but a collector may take away: so this process is one for a moment. */
  async #collectorDied(): Promise<boolean> {
    const hold = Hold.try(this.#run, COLLECTION, { existing: true })
    if (!hold) return false
    try {
      await this.#committer.run(() => this.#db.run('UPDATE epoch SET collecting = 0'))
      return true
    } finally {
      hold.release()
    }
  }

  /** The newest row of this process, unless a collection has begun since: an older one would keep more than it has to. */
  #sharedAt(current: number): Shared {
    const { generation = current } = this.#newest ?? {}
    if (!this.#newest || generation !== current) this.#newest = this.#begin(null)
    return this.#newest
  }

  #begin(cid: string | null): Shared {
    const row = this.#registered().then(({ id }) => this.#committer.run(() => this.#insert(id, cid), { durable: false })) // a power cut ends it
    const shared: Shared = { row, generation: undefined, users: 0 }
    row.then(
      ({ generation }) => (shared.generation = generation),
      () => {}, // told to those who wait for it
    )
    return shared
  }

  /** Nobody waits for it: a row that stays a little longer only keeps what it kept. */
  #close(shared: Shared): void {
    if (--shared.users > 0) return
    if (this.#newest === shared) this.#newest = undefined
    const remove = ({ id }: Row): Promise<number> => this.#committer.run(() => this.#db.run('DELETE FROM guard WHERE id = ?', id), { durable: false })
    shared.row.then(remove).catch(() => {}) // it goes with the process at the latest
  }

  async #registered(): Promise<Self> {
    this.#self ??= this.#register()
    try {
      return await this.#self
    } catch (error) {
      this.#self = undefined // the next one tries again
      throw error
    }
  }

  async #register(): Promise<Self> {
    const life = Life.begin(this.#run)
    try {
      return { id: await this.#committer.run(() => this.#row(life.sign)), life }
    } catch (error) {
      life.end({ forgotten: true })
      throw error
    }
  }

  #row({ lock, pid }: Sign): number {
    return this.#one<{ id: number }>('INSERT INTO process (lock, pid) VALUES (?, ?) RETURNING id', lock, pid).id
  }

  #insert(owner: number, cid: string | null): Row {
    const { generation, collecting } = this.#one<{ generation: number; collecting: number }>('SELECT generation, collecting FROM epoch')
    const { id } = this.#one<{ id: number }>('INSERT INTO guard (owner, generation, cid) VALUES (?, ?, ?) RETURNING id', owner, generation, cid)
    return { id, generation, collecting: collecting === 1 }
  }

  #forget(id: number): boolean {
    this.#db.run('DELETE FROM guard WHERE owner = ?', id)
    return this.#db.run('DELETE FROM process WHERE id = ?', id) > 0
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as Database.get
  #one<Result>(sql: string, ...values: Value[]): Result {
    const row = this.#db.get<Result>(sql, ...values)
    if (row === undefined) throw new VfsError('INTERNAL', 'the index of the blocks lacks a row that is always there')
    return row
  }
}
