import { linkSync, lstatSync, mkdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs'
import { isErrno } from './errors.ts'

type Path = string | Buffer

/**
 * Moving to where nothing stands. rename(2) would replace what does, and Node has no RENAME_NOREPLACE: so a file gets
 * its new name by link(2) and then loses the old one. False if something stands there.
 */
export function moveFile(from: Path, to: Path): boolean {
  try {
    linkSync(from, to)
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    if (!isErrno(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error
    // The file system has no links, or this user may not link to a foreign file: a look before is all there is.
    if (stands(to)) return false
    renameSync(from, to)
    return true
  }
  unlinkSync(from)
  return true
}

/** A folder is renamed onto an empty one that we have just made: rename(2) replaces no other. */
export function moveFolder(from: Path, to: Path): boolean {
  try {
    mkdirSync(to)
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  }
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (isErrno(error, 'ENOTEMPTY')) return false
    rmdirSync(to)
    throw error
  }
}

function stands(path: Path): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
