import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfAborted } from '../core/error.ts'
import { asVfsError, isBusy, retryDelay, sqliteCode } from './busy.ts'
import { Database } from './database.ts'

export interface Waiting {
  readonly patienceMs: number
  readonly signal?: AbortSignal | undefined
  /** What is told to be aborted. */
  readonly op: string
}

/** Referenced here, because a `Database` that is collected closes itself and lets its lock go. */
const held = new Set<Database>()

/**
 * Proof that a process lives: an EXCLUSIVE transaction on a database file of its own. The system keeps it while the
 * process is stopped, frees it when the process dies, and does not pass it on to children. It also elects one process
 * among many: whoever holds the name is it.
 */
export class Hold implements Disposable {
  readonly file: string
  readonly #db: Database

  private constructor(file: string, db: Database) {
    this.file = file
    this.#db = db
    held.add(db)
  }

  /** undefined while somebody holds it, also this process itself. With `existing`: undefined too if there is no such file. */
  static try(folder: string, name: string, { existing = false }: { readonly existing?: boolean | undefined } = {}): Hold | undefined {
    const file = join(folder, `${name}.lock`)
    const db = open(file, existing)
    if (!db) return undefined
    try {
      db.pragma('journal_mode = memory') // nothing is ever written, and a second file would be left behind
      db.run('begin exclusive')
      return new Hold(file, db)
    } catch (error) {
      db.close()
      if (isBusy(error)) return undefined
      throw asVfsError(error)
    }
  }

  /** As `try`, once nobody holds it; undefined where that takes too long. Those who look whether a holder lives have it for a moment. */
  static async soon(folder: string, name: string, { patienceMs, signal, op }: Waiting): Promise<Hold | undefined> {
    for (const deadline = performance.now() + patienceMs; ; await sleep(retryDelay())) {
      throwIfAborted(signal, op)
      const hold = Hold.try(folder, name)
      if (hold || performance.now() > deadline) return hold
    }
  }

  /** Takes the file away too; only for names that nobody will ask for again. */
  remove(): void {
    rmSync(this.file, { force: true }) // while it is held, so that nobody is judged by a file that is not his
    this.release()
  }

  release(): void {
    held.delete(this.#db)
    this.#db.close()
  }

  [Symbol.dispose](): void {
    this.release()
  }
}

function open(file: string, existing: boolean): Database | undefined {
  try {
    return new Database(file, { create: !existing })
  } catch (error) {
    if (existing && sqliteCode(error)?.startsWith('SQLITE_CANTOPEN')) return undefined
    throw asVfsError(error)
  }
}
