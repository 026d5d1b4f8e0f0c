import { type ErrorCode, throwIfAborted, VfsError } from '../../src/core/error.ts'
import { retryAfter } from '../../src/core/retry-after.ts'

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'PERMISSION_DENIED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  410: 'NOT_FOUND',
  412: 'CONFLICT',
  429: 'RATE_LIMITED',
}

/** What an answer that is no content means; undefined for one that is. */
export function refused({ ok, status, headers }: Response): VfsError | undefined {
  if (ok) return undefined
  const after = retryAfter(headers.get('retry-after'))
  const details = after === undefined ? { status } : { status, retry_after_ms: after }
  return new VfsError(BY_STATUS[status] ?? 'UNAVAILABLE', `the server answered ${status}`, { backend: 'http', details })
}

/** A request that came to no answer. The message never shows the address, which may hold a token. */
export function fromFetch(error: unknown, signal?: AbortSignal): VfsError {
  throwIfAborted(signal)
  return error instanceof VfsError ? error : new VfsError('UNAVAILABLE', 'the server cannot be reached', { backend: 'http', cause: error })
}
