import { type ErrorCode, VfsError } from '../../src/core/error.ts'

/** Reasons of our own, which are told like the system's. */
type Reason = 'ELOOP' | 'E_OUTSIDE' | 'E_HIDDEN' | 'E_NAME' | 'E_ROOT' | 'E_DAMAGED'

/** What code below the operations throws, where no path of the VFS is known. */
export class Refused extends Error {
  readonly code: Reason

  constructor(code: Reason, cause?: unknown) {
    super(code, { cause })
    this.code = code
  }
}

const CODE_OF: Readonly<Record<string, ErrorCode>> = {
  E_OUTSIDE: 'OUTSIDE_ROOT',
  E_HIDDEN: 'DENIED',
  E_NAME: 'INVALID_PATH',
  E_ROOT: 'UNAVAILABLE',
  E_DAMAGED: 'CONTENT_DAMAGED',
  ENOENT: 'NOT_FOUND',
  EEXIST: 'ALREADY_EXISTS',
  EISDIR: 'IS_DIRECTORY',
  ENOTDIR: 'NOT_DIRECTORY',
  ENOTEMPTY: 'NOT_EMPTY',
  ENAMETOOLONG: 'INVALID_PATH',
  EILSEQ: 'INVALID_PATH',
  ELOOP: 'LINK_LOOP',
  ENXIO: 'SPECIAL_FILE',
  EACCES: 'PERMISSION_DENIED',
  EPERM: 'PERMISSION_DENIED',
  EROFS: 'READ_ONLY',
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'QUOTA_EXCEEDED',
  EFBIG: 'FILE_TOO_LARGE',
  EIO: 'IO_ERROR',
  EBUSY: 'BUSY',
  ETXTBSY: 'BUSY',
  EXDEV: 'UNSUPPORTED',
  ENOTSUP: 'UNSUPPORTED',
  EOPNOTSUPP: 'UNSUPPORTED',
  EMLINK: 'UNSUPPORTED',
  EMFILE: 'UNAVAILABLE',
  ENFILE: 'UNAVAILABLE',
  ENOMEM: 'UNAVAILABLE',
  ESTALE: 'UNAVAILABLE',
  ENODEV: 'UNAVAILABLE',
  ENOTCONN: 'UNAVAILABLE',
  ETIMEDOUT: 'TIMEOUT',
}

const WHY: Partial<Record<ErrorCode, string>> = {
  NOT_FOUND: 'does not exist',
  ALREADY_EXISTS: 'exists already',
  IS_DIRECTORY: 'is a folder',
  NOT_DIRECTORY: 'lies below a file, or is one',
  NOT_EMPTY: 'is not empty',
  INVALID_PATH: 'has a name that the disk does not take',
  LINK_LOOP: 'leads round in a circle of links',
  OUTSIDE_ROOT: 'leads out of the served folder by a link',
  DENIED: 'is hidden by a rule of the configuration, or holds what is',
  SPECIAL_FILE: 'is a device, pipe or socket',
  PERMISSION_DENIED: 'may not be accessed by this user of the machine',
  READ_ONLY: 'lies on a disk that may only be read',
  DISK_FULL: 'does not fit: the disk is full',
  QUOTA_EXCEEDED: 'does not fit: the disk quota is used up',
  FILE_TOO_LARGE: 'is larger than the disk takes',
  CONTENT_DAMAGED: 'does not read back as it was written',
  IO_ERROR: 'could not be accessed: the disk reported an error',
  BUSY: 'is in use by the system',
  UNSUPPORTED: 'cannot be handled like that by this disk, or lies on two disks',
  UNAVAILABLE: 'cannot be reached now',
  TIMEOUT: 'did not answer in time',
}

/** The errno of a failed system call. */
const errno = (error: unknown): string | undefined => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined)

export const isErrno = (error: unknown, ...numbers: readonly string[]): boolean => numbers.includes(errno(error) ?? '')

/** Says in the VFS's words what a system call said. The system's own message names paths of the host, so it stays in `cause`. */
export function fault(error: unknown, op: string, path: string): VfsError {
  if (error instanceof VfsError) return error
  if (error instanceof Error && error.name === 'AbortError') return new VfsError('CANCELLED', 'the call was cancelled', { op, cause: error })
  const number = errno(error)
  const code = (number === undefined ? undefined : CODE_OF[number]) ?? 'INTERNAL'
  return refusal(code, op, path, WHY[code] ?? 'failed in an unknown way', error)
}

export const refusal = (code: ErrorCode, op: string, path: string, why: string, cause?: unknown): VfsError =>
  new VfsError(code, `${path} ${why}`, { op, path, backend: 'local', cause })

/** Runs system calls; what they throw comes out as a VfsError about this path. */
export async function told<T>(op: string, path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fault(error, op, path)
  }
}

/** Undefined where nothing stands, or no folder on the way. */
export function ifThere<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}
