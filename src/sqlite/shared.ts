import { dirname } from 'node:path'
import { isCode, VfsError } from '../core/error.ts'
import { patiently, sqliteCode } from './busy.ts'
import { Database } from './database.ts'
import { migrate } from './migrate.ts'
import { Reserve } from './reserve.ts'

/**
 * Opens a database that several processes share: WAL, every commit durable, foreign keys kept. Migration n brings
 * version n to n + 1. Where the disk is full the room that was laid by goes. Rejects DATA_FOLDER_NEWER, DATA_FOLDER_DAMAGED, DISK_FULL, and
 * BUSY if others keep it locked.
 */
export async function openShared(file: string, migrations: readonly string[]): Promise<Database> {
  try {
    return await open(file, migrations)
  } catch (error) {
    if (!isCode(error, 'DISK_FULL')) throw error
    new Reserve(dirname(file)).give()
    return await open(file, migrations).catch((again: unknown) => Promise.reject(isCode(again, 'DISK_FULL') ? noRoom(dirname(file), again) : again))
  }
}

/** What makes room has to be opened too. */
const noRoom = (folder: string, cause: VfsError): VfsError =>
  new VfsError('DISK_FULL', `the disk of the data folder ${folder} is full: there is no room even to open it`, {
    cause,
    hint: 'Delete something else on that disk first: 1 MB is enough. Then polymount gc --keep-within 30d lets older versions go.',
  })

async function open(file: string, migrations: readonly string[]): Promise<Database> {
  const db = await patiently(() => new Database(file))
  try {
    await patiently(() => {
      db.pragma('auto_vacuum = incremental') // must come first, in a file that is made now; see shrink
      db.pragma('journal_mode = wal')
      db.pragma('synchronous = full') // the driver's default for WAL can lose a commit with the power
      db.pragma('foreign_keys = on')
      migrate(db, migrations)
    })
    return db
  } catch (error) {
    db.close()
    throw isDamaged(error) ? new VfsError('DATA_FOLDER_DAMAGED', `${file} is damaged, or is no database`, { cause: error }) : error
  }
}

const isDamaged = (error: unknown): boolean => error instanceof VfsError && /^SQLITE_(CORRUPT|NOTADB)/.test(sqliteCode(error.cause) ?? '')
