import { VfsError } from '../core/error.ts'
import type { Database } from './database.ts'

/** Brings the database to the version of this program, in one transaction. Throws DATA_FOLDER_NEWER. */
export function migrate(db: Database, migrations: readonly string[]): void {
  if (versionOf(db, migrations) === migrations.length) return
  db.immediate(() => {
    // Read again: another process may have done it between the look and the lock.
    for (const step of migrations.slice(versionOf(db, migrations))) db.exec(step)
    db.pragma(`user_version = ${migrations.length}`)
  })
}

function versionOf(db: Database, migrations: readonly string[]): number {
  const version = Number(db.pragma('user_version'))
  if (version <= migrations.length) return version
  throw new VfsError('DATA_FOLDER_NEWER', `the data folder has version ${version}, and this polymount knows versions up to ${migrations.length}`, {
    details: { version, known: migrations.length },
  })
}
