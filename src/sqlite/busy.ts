import { setTimeout as sleep } from 'node:timers/promises'
import { VfsError, type ErrorCode } from '../core/error.ts'

const PATIENCE_MS = 5000

/** Short and uneven, so that processes that wait for each other do not stay in step. */
export const retryDelay = (): number => 1 + Math.random() * 2

/** Repeats `work`, which must not wait, while other processes keep the database locked. Rejects BUSY after 5 s. */
export async function patiently<T>(work: () => T, patienceMs = PATIENCE_MS): Promise<T> {
  for (const deadline = performance.now() + patienceMs; ;) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw asVfsError(error)
      await sleep(retryDelay())
    }
  }
}

/** SQLite's own code, such as `SQLITE_BUSY_SNAPSHOT`; undefined for any other error. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return error.code.startsWith('SQLITE_') ? error.code : undefined
}

const BUSY = /^SQLITE_(BUSY|LOCKED|PROTOCOL)/
const FULL = /^SQLITE_(FULL|IOERR_SHMSIZE)/

export const isBusy = (error: unknown): boolean => BUSY.test(sqliteCode(error) ?? '')

export const isFull = (error: unknown): boolean => FULL.test(sqliteCode(error) ?? '')

const CODES: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [BUSY, 'BUSY', 'another process keeps the database of the data folder locked'],
  [FULL, 'DISK_FULL', 'the disk of the data folder is full'],
  [/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/, 'PERMISSION_DENIED', 'the database of the data folder cannot be opened for writing'],
  [/^SQLITE_(IOERR|CORRUPT|NOTADB)/, 'IO_ERROR', 'the database of the data folder cannot be read or written'],
]

/** An error of SQLite in the words of the gateway; any other error as it is. */
export function asVfsError(error: unknown): unknown {
  const sqlite = sqliteCode(error)
  if (sqlite === undefined) return error
  const [, code, message] = CODES.find(([pattern]) => pattern.test(sqlite)) ?? [undefined, 'INTERNAL' as const, 'the database of the data folder failed']
  return new VfsError(code, `${message} (${sqlite})`, { cause: error })
}
