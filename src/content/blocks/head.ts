import { patiently } from '../../sqlite/busy.ts'
import type { Database } from '../../sqlite/database.ts'

/** A step of a head: nothing, if it stands elsewhere than at `from` by then. */
export interface Move {
  readonly head: string
  readonly from: string | undefined
  readonly to: string
}

/** Blocks that become durable together, and a move with them. */
interface Committing {
  commit(move: Move): Promise<boolean>
}

/** The root of a mutable tree, beside the blocks: so it moves in the transaction that brings the new ones, for one flush. */
export class Head {
  readonly #db: Database
  readonly #name: string

  constructor(db: Database, name: string) {
    this.#db = db
    this.#name = name
  }

  /** undefined before the first move. */
  root(): Promise<string | undefined> {
    return patiently(() => standing(this.#db, this.#name))
  }

  /** What the batch holds is durable when this resolves, and the move with it; false if somebody else was faster. */
  commit(batch: Committing, from: string | undefined, to: string): Promise<boolean> {
    return batch.commit({ head: this.#name, from, to })
  }
}

/** In a transaction of its caller. */
export function moved(db: Database, { head, from, to }: Move): boolean {
  if (standing(db, head) !== from) return false
  return db.run('INSERT INTO head VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET cid = excluded.cid', head, to) > 0
}

const standing = (db: Database, name: string): string | undefined => db.get<{ readonly cid: string }>('SELECT cid FROM head WHERE name = ?', name)?.cid
