import { constants, copyFileSync } from 'node:fs'
import { file } from './dirfd.ts'
import { isErrno } from './errors.ts'

/**
 * A new file that shares its bytes with an opened one until either is changed (btrfs, XFS, APFS): at once, whatever the
 * size. False where the disk cannot; nothing is made then.
 */
export function clone(fd: number, to: string | Buffer): boolean {
  try {
    copyFileSync(file(fd), to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
    return true
  } catch (error) {
    if (isErrno(error, 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOSYS', 'ENOTTY')) return false
    throw error
  }
}
