import type { ErrorCode } from './codes.ts'
import { VfsError } from './error.ts'

/** Refuses an operation on a path in a backend's name: `/a exists already`. */
export const refusals =
  (backend: string) =>
  (code: ErrorCode, op: string, path: string, why: string): VfsError =>
    new VfsError(code, `${path} ${why}`, { op, path, backend })

/** A storage's error knows no path: this one tells the caller's. Any other error is given back as it is. */
export function toldAt(error: unknown, op: string, path: string, backend: string): unknown {
  if (!(error instanceof VfsError) || error.path !== undefined) return error
  const { code, message, hint, retryable, details } = error
  return new VfsError(code, `${path}: ${message}`, { op, path, backend, cause: error, hint, retryable, details })
}
