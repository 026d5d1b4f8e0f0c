import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { requireLocalDisk } from '../sqlite/folder.ts'
import { openShared } from '../sqlite/shared.ts'
import { SqliteJournal, type JournalOptions } from './journal.ts'
import { MIGRATIONS } from './schema.ts'
import type { Journal } from './types.ts'

/** Rejects DATA_FOLDER_UNSUPPORTED, DATA_FOLDER_NEWER, PERMISSION_DENIED. */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 })
  requireLocalDisk(options.folder)
  const db = await openShared(join(options.folder, 'journal.db'), MIGRATIONS)
  return new SqliteJournal(db, options)
}
