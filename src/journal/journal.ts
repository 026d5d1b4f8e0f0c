import { setImmediate as breathe } from 'node:timers/promises'
import type { Call } from '../core/backend.ts'
import { throwIfAborted } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'
import { asVfsError } from '../sqlite/busy.ts'
import type { Database } from '../sqlite/database.ts'
import { Reserve } from '../sqlite/reserve.ts'
import { shrink } from '../sqlite/shrink.ts'
import { Changes } from './changes.ts'
import { Commits } from './commits.ts'
import { History } from './history.ts'
import { changeId, seqOf } from './ids.ts'
import { trimLearnt } from './learnt.ts'
import { sweepVersions } from './retention.ts'
import { Ledger } from './ledger.ts'
import { Processes } from './processes.ts'
import { nameParts, Recovery } from './recovery.ts'
import type {
  ChangeId,
  ChangeRecord,
  HistoryQuery,
  Intent,
  Journal,
  OpenChange,
  PartsOrder,
  Place,
  Seen,
  TakeBack,
  Unwanted,
  VersionStore,
  Volumes,
} from './types.ts'

export interface JournalOptions {
  /** The data folder; made if it is not there. */
  readonly folder: string
  readonly volumes: Volumes
  readonly versions: Pick<VersionStore, 'put'>
  /** Without it a change that died in the middle of its parts ends `partial`. */
  readonly takeBack?: TakeBack | undefined
}

/** The parts of the journal over one connection. */
export class SqliteJournal implements Journal {
  readonly #db: Database
  readonly #committer: Commits
  readonly #processes: Processes
  readonly #recovery: Recovery
  readonly #ledger: Ledger
  readonly #changes: Changes
  readonly #history: History
  #closing: Promise<void> | undefined

  constructor(db: Database, { folder, volumes, versions, takeBack }: JournalOptions) {
    const ledger = new Ledger(db)
    const committer = new Commits(db, ledger, new Reserve(folder))
    this.#db = db
    this.#committer = committer
    this.#ledger = ledger
    this.#processes = new Processes(db, committer, folder)
    this.#recovery = new Recovery(ledger, committer, this.#processes, { volumes, versions, takeBack: takeBack ?? nameParts(ledger) })
    this.#changes = new Changes(ledger, committer, this.#processes, this.#recovery)
    this.#history = new History(db)
  }

  begin(intent: Intent, call?: Call): Promise<OpenChange> {
    return this.#changes.begin(intent, call)
  }

  get(change: ChangeId): ChangeRecord | undefined {
    const seq = seqOf(change)
    return seq === undefined ? undefined : read(() => this.#history.get(seq))
  }

  history(query: HistoryQuery): ChangeRecord[] {
    return read(() => this.#history.list(query))
  }

  *parts(change: ChangeId, order?: PartsOrder): Generator<ChangeRecord, undefined> {
    for (const page of readEach(this.#history.parts(seqOf(change) ?? -1, order))) yield* page
  }

  *below(change: ChangeId): Generator<ChangeRecord, undefined> {
    for (const page of readEach(this.#history.below(seqOf(change) ?? -1))) yield* page
  }

  removals(change: ChangeId): readonly ChangeId[] {
    return read(() => this.#history.removals(seqOf(change) ?? -1)).map(changeId)
  }

  standsBy(change: ChangeId): ChangeRecord | undefined {
    return read(() => this.#history.standsBy(seqOf(change) ?? -1))
  }

  async placed(shown: VfsPath, { signal }: Call = {}): Promise<Pick<Place, 'volume' | 'inner'> | undefined> {
    for (const found of readEach(this.#history.placed(shown))) {
      if (found) return found
      await breathe()
      throwIfAborted(signal)
    }
    return undefined
  }

  content(cid: string): Uint8Array | undefined {
    return read(() => this.#history.content(cid))
  }

  kept(since?: Date): Iterable<string> {
    return this.#history.kept(since)
  }

  unwanted(before?: Date): Generator<readonly Unwanted[], undefined> {
    return readEach(this.#history.unwanted(before))
  }

  letGo(changes: readonly ChangeId[]): Promise<void> {
    const seqs = changes.map(seqOf).filter((seq) => seq !== undefined)
    return this.#committer.run(() => this.#ledger.letGo(seqs))
  }

  known(volume: string, files: readonly Seen[]): readonly (string | undefined)[] {
    return read(() => this.#history.known(volume, files))
  }

  written(volume: string, file: Seen): string | undefined {
    return read(() => this.#history.written(volume, file))
  }

  learn(place: Pick<Place, 'volume' | 'inner'>, etag: string, cid: string): void {
    this.#committer.run(() => this.#ledger.learn(place, etag, cid), { durable: false }).catch(() => undefined) // it is found out again
  }

  async trim(most?: number): Promise<number> {
    await sweepVersions(this.#db, this.#committer)
    const forgotten = await trimLearnt(this.#db, this.#committer, most)
    await shrink(this.#db, this.#committer)
    return forgotten
  }

  async recover(only?: readonly ChangeId[]): Promise<ChangeRecord[]> {
    const settled = await this.#recovery.recoverAll(only && new Set(only.flatMap((change) => seqOf(change) ?? [])))
    return settled.map((seq) => this.#history.get(seq)).filter((record) => record !== undefined)
  }

  caughtUp(): Promise<void> {
    return this.#changes.settled()
  }

  async settled(): Promise<void> {
    await this.#changes.settled()
    await this.#committer.settled()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    await this.#recovery[Symbol.asyncDispose]()
    await this.settled()
    await this.#processes.leave()
    this.#db.close()
  }
}

function read<T>(query: () => T): T {
  try {
    return query()
  } catch (error) {
    throw asVfsError(error)
  }
}

function* readEach<T>(pages: Generator<T>): Generator<T, undefined> {
  for (let page = read(() => pages.next()); !page.done; page = read(() => pages.next())) yield page.value
}
