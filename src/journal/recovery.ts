import { orAborted } from '../core/bytes.ts'
import { isCode, VfsError } from '../core/error.ts'
import { ancestors } from '../core/path.ts'
import type { VfsPath } from '../core/path.ts'
import type { Committer } from '../sqlite/committer.ts'
import { changeId } from './ids.ts'
import type { End, Ledger } from './ledger.ts'
import { dueAt, Lookout } from './lookout.ts'
import type { Processes, ProcessRow } from './processes.ts'
import { toRecord, type ChangeRow } from './rows.ts'
import { settle, type Spot } from './settle.ts'
import type { TakeBack, VersionStore, Volumes } from './types.ts'

const NAMED = 20 // parts that a reason names; the rest is a count

export interface Looks {
  readonly volumes: Volumes
  readonly versions: Pick<VersionStore, 'put'>
  readonly takeBack: TakeBack
}

type Settling = readonly [seq: number, isSettled: Promise<boolean>]

/** Settles what dead processes left open. Any process does it that serves the place (journal.md, 7). */
export class Recovery implements AsyncDisposable {
  readonly #ledger: Ledger
  readonly #committer: Committer
  readonly #processes: Processes
  readonly #looks: Looks
  readonly #settling = new Map<number, Promise<boolean>>()
  /** Taken over and not settled yet, because the storage did not answer. */
  readonly #adopted = new Set<number>()
  readonly #lookout = new Lookout((seq) => this.#lookAgain(seq))
  readonly #over = new AbortController()

  constructor(ledger: Ledger, committer: Committer, processes: Processes, looks: Looks) {
    this.#ledger = ledger
    this.#committer = committer
    this.#processes = processes
    this.#looks = looks
  }

  /** Everything that can be looked at from here. Waits for all, or for these only; the numbers of those that have been settled. */
  async recoverAll(only?: ReadonlySet<number>): Promise<number[]> {
    const others = this.#processes.others()
    if (others.length === 0 && !this.#processes.isRegistered) return []
    const self = await this.#processes.self()
    const taken: Settling[] = []
    for (const process of others) taken.push(...(await this.#takeOver(process)))
    const left = this.#ledger.openOf(self).filter(({ seq, state }) => state === 'in_doubt' || this.#adopted.has(seq))
    const settling = [...new Map([...taken, ...this.#begin(left)])].filter(([seq]) => only?.has(seq) ?? true)
    const settled = await Promise.all(settling.map(async ([seq, isSettled]) => ((await isSettled) ? [seq] : [])))
    return settled.flat()
  }

  /** Begins to settle what a dead process left. False if it lives, or left nothing that can be looked at from here. */
  async takeOver(process: ProcessRow): Promise<boolean> {
    return (await this.#takeOver(process)).length > 0
  }

  async #takeOver(process: ProcessRow): Promise<Settling[]> {
    const self = await this.#processes.self()
    let adopted: readonly ChangeRow[] = []
    const isDead = await this.#processes.ifDead(process, () => {
      adopted = this.#adoptable(this.#ledger.openOf(process.id))
      for (const { seq } of adopted) this.#ledger.adopt(seq, process.id, self)
    })
    if (!isDead) return []
    for (const { seq } of adopted) this.#adopted.add(seq)
    return this.#begin(adopted)
  }

  /** Waits for what a process that has died, or given up, asked the storage for: when it is settled is told by `dueAt` at the latest. */
  watch(seq: number): void {
    const row = this.#ledger.row(seq)
    if (!row || row.owner === null) return
    const due = this.dueAt(row)
    if (due !== undefined) this.#lookout.watch(seq, due)
  }

  /** Until then nobody can tell that a change has not taken effect; undefined if that is not for the time to say. */
  dueAt(row: ChangeRow): number | undefined {
    const at = this.#spot(row)
    return at && dueAt(row, at.backend)
  }

  /** Settles a change that is this process's own by now; several callers share one look. False if it could not be. */
  settleOwn(seq: number, after: Promise<unknown> = Promise.resolve()): Promise<boolean> {
    let settling = this.#settling.get(seq)
    if (!settling) {
      settling = after.then(() => this.#settleOwn(seq)).finally(() => this.#settling.delete(seq))
      settling.catch(() => {}) // told to whoever waits for it
      this.#settling.set(seq, settling)
    }
    return settling
  }

  /**
   * Newest first. Each volume has a queue of its own, so that nothing waits for a silent storage that it has nothing to do with; what
   * has parts comes after them, wherever they lie.
   */
  #begin(rows: readonly ChangeRow[]): Settling[] {
    const queues = new Map<string, Promise<unknown>>()
    const parts = new Map<number, Promise<unknown>[]>()
    return rows.map(({ seq, volume, parent }) => {
      const settling = this.settleOwn(seq, Promise.all([queues.get(volume), ...(parts.get(seq) ?? [])]))
      queues.set(volume, settling)
      if (parent !== null) parts.set(parent, [...(parts.get(parent) ?? []), settling])
      return [seq, settling]
    })
  }

  /** Newest first, as parts come before what they are parts of. What nobody here serves stays for a process that does. */
  #adoptable(open: readonly ChangeRow[]): ChangeRow[] {
    const left = new Set<number>()
    return open.filter((row) => {
      const canSettle = !left.has(row.seq) && (isEphemeral(row) || this.#spot(row) !== undefined)
      if (!canSettle && row.parent !== null) left.add(row.parent)
      return canSettle
    })
  }

  /** With what it is a part of, whose storage may be another one that nothing is awaited from. */
  async #lookAgain(seq: number): Promise<void> {
    const { parent } = this.#ledger.row(seq) ?? {}
    if (!(await this.settleOwn(seq)) || !parent || !this.#adopted.has(parent)) return
    await this.#settling.get(parent) // that look began before this one ended
    await this.#lookAgain(parent)
  }

  async #settleOwn(seq: number): Promise<boolean> {
    if (this.#over.signal.aborted) return false
    const row = this.#ledger.row(seq)
    if (row?.owner !== (await this.#processes.self())) return true
    try {
      const end = await orAborted(this.#judge(row, row.owner), this.#over.signal)
      await this.#committer.run(() => this.#ledger.end(seq, row.owner ?? 0, end))
      this.#adopted.delete(seq)
      return true
    } catch (error) {
      if (!(error instanceof VfsError)) throw error
      if (isCode(error, 'OUTCOME_UNKNOWN')) await this.#committer.run(() => this.#ledger.mark(seq, row.owner ?? 0, 'in_doubt', error.message))
      this.watch(seq)
      return false // the storage does not answer, or nobody can know yet: it stays locked, and is looked at again
    }
  }

  async #judge(row: ChangeRow, owner: number): Promise<End> {
    const at = this.#spot(row)
    if (!at && !isEphemeral(row)) throw new VfsError('UNAVAILABLE', `the storage of ${row.shown} is not mounted here`)
    if (!at) return { state: 'aborted', reason: 'its storage was in the memory of a process that has ended' }
    if (row.parts_only) return this.#judgeParts(row)
    const due = dueAt(row, at.backend)
    const end = await settle({
      row,
      at,
      mayStillCome: due !== undefined && Date.now() < due,
      from: row.from_volume === null || row.from_path === null ? undefined : this.#looks.volumes.resolve(row.from_volume, row.from_path),
      versions: this.#looks.versions,
      aborting: () => this.#committer.run(() => this.#ledger.mark(row.seq, owner, 'aborting')),
    })
    if (end.state === 'aborted') await this.#removeMadeFolders(row)
    return end
  }

  /**
   * Nobody knows how it would have gone on, so what is done of it is taken back. Not of a copy, nor of a move that has only
   * copied yet: each part is whole, the source still stands, and the same call again sends only what is missing; unless it was being
   * taken back, since its caller has gone or it failed. Nor of a repair that has put aside what was damaged: nobody would know that it is.
   */
  async #judgeParts(row: ChangeRow): Promise<End> {
    const parts = (): IteratorObject<ChangeRow, undefined> => this.#ledger.parts(row.seq)
    const open = parts().find((part) => part.owner !== null)
    const code = open?.state === 'in_doubt' ? 'OUTCOME_UNKNOWN' : 'UNAVAILABLE'
    if (open) throw new VfsError(code, `a part of the change of ${row.shown} cannot be settled now`)
    const done = count(parts().filter((part) => part.state === 'done'))
    const unclear = listed(
      'unclear',
      parts().filter((part) => part.state === 'conflict' || part.state === 'partial'),
    )
    if (done === 0 && unclear === '') return { state: 'aborted', reason: 'its process ended before a part of it took effect' }
    if (isRepairing(row, parts)) return { state: 'partial', reason: stopped('what was damaged stays in the trash; the next retrieval puts it right', unclear) }
    if (row.state !== 'aborting' && isCopying(row, parts))
      return { state: 'partial', reason: stopped(`${done} parts of it stay, the same ${row.kind} again goes on from there where it may overwrite`, unclear) }
    const { complete, reason } = await this.#looks.takeBack(toRecord(row, undefined))
    if (complete && unclear === '') return { state: 'aborted', reason: 'its process ended in the middle; what was done of it has been taken back' }
    return { state: 'partial', reason: stopped(reason, unclear) }
  }

  /** Folders made on the way to a change that did not take place go again, unless somebody uses them by now. */
  async #removeMadeFolders(row: ChangeRow): Promise<void> {
    const above = new Set<string>(ancestors(row.path as VfsPath))
    for (const part of this.#ledger.parts(row.seq, { newestFirst: true })) {
      if (part.kind !== 'mkdir' || part.state !== 'done' || !above.has(part.path)) continue
      const spot = this.#spot(part)
      await spot?.backend.remove(spot.path).catch(() => undefined)
    }
  }

  /** Looks at nothing any more. What a silent storage has not told by then the next process asks again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new VfsError('CANCELLED', 'the journal is being closed'))
    await this.#lookout[Symbol.asyncDispose]()
    await Promise.allSettled(this.#settling.values())
  }

  #spot(row: ChangeRow): Spot | undefined {
    return this.#looks.volumes.resolve(row.volume, row.path)
  }
}

const isRepairing = ({ kind, from_path }: ChangeRow, parts: () => IteratorObject<ChangeRow>): boolean =>
  kind === 'write' && from_path !== null && parts().some((part) => part.kind === 'remove' && part.state === 'done')

/** A move of a single file gains nothing: it would be sent again. */
const isCopying = ({ kind, path }: ChangeRow, parts: () => IteratorObject<ChangeRow>): boolean =>
  kind === 'copy' || (kind === 'move' && parts().every((part) => part.kind !== 'remove') && parts().some((part) => part.kind === 'copy' && part.path !== path))

/** A volume of that kind ends with its process, so nobody will ever serve it again. */
const isEphemeral = ({ volume }: ChangeRow): boolean => volume.startsWith('memory:')

/** What recovery does where nobody can take parts back: it names them. */
export const nameParts =
  (ledger: Ledger): TakeBack =>
  async ({ seq }) => ({
    complete: false,
    reason: listed(
      'done',
      ledger.parts(seq).filter((part) => part.state === 'done'),
    ),
  })

const stopped = (reason: string, unclear: string): string => `its process ended in the middle (${[reason, unclear].filter(Boolean).join('; ')})`

function listed(word: string, parts: IteratorObject<ChangeRow>): string {
  const names: string[] = []
  let more = 0
  for (const part of parts) {
    if (names.length < NAMED) names.push(`${part.kind} ${part.shown} ${changeId(part.seq)}`)
    else more++
  }
  return names.length === 0 ? '' : `${word}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

const count = (items: IteratorObject<unknown>): number => items.reduce<number>((sum) => sum + 1, 0)
