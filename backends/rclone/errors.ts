import { type ErrorCode, isCode, throwIfAborted, VfsError } from '../../src/core/error.ts'

/** rclone tells most of what its storages say by message; this is the one place that reads them. */
const BY_MESSAGE: readonly (readonly [RegExp, ErrorCode])[] = [
  [/(object|directory|bucket|container) not found|no such file|doesn't exist/i, 'NOT_FOUND'],
  [/directory not empty/i, 'NOT_EMPTY'],
  [/is a file not a directory|not a directory/i, 'NOT_DIRECTORY'],
  [/is a directory/i, 'IS_DIRECTORY'],
  [/didn't find (section|backend)|unknown backend|couldn't find (root|type)|invalid (remote|config)/i, 'INVALID_ARGUMENT'],
  [/permission denied|access denied|forbidden|403/i, 'PERMISSION_DENIED'],
  [/unable to authenticate|handshake failed|unauthorized|401|invalid_grant|token expired/i, 'CREDENTIALS_REFUSED'],
  [/quota|insufficient storage|no space left|507/i, 'QUOTA_EXCEEDED'],
  [/rate limit|too many requests|slow ?down|429/i, 'RATE_LIMITED'],
  [/not supported|unsupported|can't/i, 'UNSUPPORTED'],
  [/timeout|deadline exceeded/i, 'TIMEOUT'],
]

/** What an answer of rclone means that is no success. Its message may hold parts of a connection string: only our words go on. */
export function fromAnswer(status: number, told: string): VfsError {
  const code = BY_MESSAGE.find(([pattern]) => pattern.test(told))?.[1] ?? (status === 404 ? 'NOT_FOUND' : 'UNAVAILABLE')
  return new VfsError(code, `rclone answered ${status}`, { backend: 'rclone', cause: new Error(told) })
}

/** True where a request that changes something may have done so, or may do so still. */
export const isAmbiguous = (error: unknown): boolean => isCode(error, 'UNAVAILABLE', 'TIMEOUT', 'CANCELLED')

export const unknown = (cause: unknown): VfsError =>
  new VfsError('OUTCOME_UNKNOWN', 'the storage did not say whether the change took place', { backend: 'rclone', cause })

/** A request that came to no answer. */
export function fromFetch(error: unknown, signal?: AbortSignal): VfsError {
  throwIfAborted(signal)
  return error instanceof VfsError ? error : new VfsError('UNAVAILABLE', 'rclone does not answer', { backend: 'rclone', cause: error })
}
