import { type ErrorCode, VfsError } from './error.ts'

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'QUOTA_EXCEEDED',
  EACCES: 'PERMISSION_DENIED',
  EPERM: 'PERMISSION_DENIED',
  EROFS: 'PERMISSION_DENIED',
  EMFILE: 'RATE_LIMITED',
  ENFILE: 'RATE_LIMITED',
}

/** The error of a file operation inside the data folder; its message never shows where that lies. */
export function fromSystem(error: unknown, message = 'the content store cannot use its files'): VfsError {
  if (error instanceof VfsError) return error
  const name = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  return new VfsError(CODES[name] ?? 'IO_ERROR', `${message} (${name})`, { cause: error })
}
