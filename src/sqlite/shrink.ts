import type { Call } from '../core/backend.ts'
import { throwIfAborted } from '../core/error.ts'
import type { Committer } from './committer.ts'
import type { Database } from './database.ts'

/** Pages of 4 KiB that one transaction moves or cuts off, so that writers go on between. */
const PAGES = 500

/** Gives the room of rows that are gone back to the disk, as far as nobody takes it meanwhile. A database from before this could be done keeps its size. */
export async function shrink(db: Database, committer: Committer, { signal }: Call = {}): Promise<void> {
  const free = (): number => Number(db.pragma('freelist_count'))
  for (let [left, before] = [free(), Infinity]; left > 0 && left < before; [left, before] = [free(), left]) {
    throwIfAborted(signal)
    await committer.run(() => db.exec(`PRAGMA incremental_vacuum(${PAGES})`), { durable: false })
  }
  await committer.settled()
}
