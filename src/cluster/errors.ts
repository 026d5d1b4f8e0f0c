import { z } from 'zod'
import { type ErrorCode, VfsError } from '../core/error.ts'
import { Refusal } from '../core/wire.ts'

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_ARGUMENT',
  401: 'CREDENTIALS_REFUSED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RATE_LIMITED',
}

/** The cluster has no codes beside HTTP's: the first line that fits says more than its 500. */
const SENTENCES: readonly (readonly [RegExp, ErrorCode])[] = [
  [/not enough peers/i, 'UNAVAILABLE'],
  [/no space left on device/i, 'QUOTA_EXCEEDED'],
  [/context deadline exceeded/i, 'TIMEOUT'],
]

/** What a failed call means, if neither the caller nor the clock ended it. */
export function fromCluster(error: unknown, op: string): VfsError {
  if (error instanceof VfsError) return error
  const about = { op, backend: 'cluster', cause: error }
  if (error instanceof Error && error.name === 'TimeoutError') return new VfsError('TIMEOUT', 'the cluster did not answer in time', about)
  if (error instanceof SyntaxError || error instanceof z.ZodError) return new VfsError('UNAVAILABLE', NOT_CLUSTER, { ...about, retryable: false })
  if (!(error instanceof Refusal)) return new VfsError('UNAVAILABLE', 'the cluster cannot be reached', about)
  const code = SENTENCES.find(([pattern]) => pattern.test(error.message))?.[1] ?? BY_STATUS[error.status] ?? 'UNAVAILABLE'
  const details = error.retryAfterMs === undefined ? {} : { retry_after_ms: error.retryAfterMs }
  return new VfsError(code, `the cluster answered ${error.status}: ${error.message.slice(0, 300)}`, { ...about, details })
}

const NOT_CLUSTER = 'what answers is not the REST API of an IPFS Cluster that we know'
