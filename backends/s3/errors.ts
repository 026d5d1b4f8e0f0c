import { type ErrorCode, isCode, throwIfAborted, VfsError } from '../../src/core/error.ts'
import { retryAfter } from '../../src/core/retry-after.ts'

/** S3's own names first; what a server does not name is told by its status. */
const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  NoSuchKey: 'NOT_FOUND',
  NotFound: 'NOT_FOUND',
  NoSuchBucket: 'BUCKET_NOT_FOUND',
  NoSuchUpload: 'CONFLICT',
  PreconditionFailed: 'CONFLICT',
  ConditionalRequestConflict: 'CONFLICT',
  OperationAborted: 'CONFLICT',
  AccessDenied: 'PERMISSION_DENIED',
  AllAccessDisabled: 'PERMISSION_DENIED',
  InvalidAccessKeyId: 'CREDENTIALS_REFUSED',
  SignatureDoesNotMatch: 'CREDENTIALS_REFUSED',
  CredentialsProviderError: 'CREDENTIALS_REFUSED',
  ExpiredToken: 'CREDENTIALS_EXPIRED',
  ExpiredTokenException: 'CREDENTIALS_EXPIRED',
  TokenRefreshRequired: 'CREDENTIALS_EXPIRED',
  RequestTimeTooSkewed: 'CLOCK_SKEW',
  RequestExpired: 'CLOCK_SKEW',
  PermanentRedirect: 'WRONG_REGION',
  AuthorizationHeaderMalformed: 'WRONG_REGION',
  IllegalLocationConstraintException: 'WRONG_REGION',
  SlowDown: 'RATE_LIMITED',
  TooManyRequests: 'RATE_LIMITED',
  Throttling: 'RATE_LIMITED',
  ThrottlingException: 'RATE_LIMITED',
  QuotaExceeded: 'QUOTA_EXCEEDED',
  EntityTooLarge: 'FILE_TOO_LARGE',
  KeyTooLongError: 'INVALID_PATH',
  KeyTooLong: 'INVALID_PATH',
  BadDigest: 'IO_ERROR',
  XAmzContentChecksumMismatch: 'IO_ERROR',
  InvalidRange: 'INVALID_ARGUMENT',
  InvalidArgument: 'INVALID_ARGUMENT',
  InvalidRequest: 'INVALID_ARGUMENT',
  MetadataTooLarge: 'INVALID_ARGUMENT',
  IncompleteBody: 'UNAVAILABLE',
  NotImplemented: 'UNSUPPORTED',
  MethodNotAllowed: 'UNSUPPORTED',
  TimeoutError: 'TIMEOUT',
  RequestTimeout: 'TIMEOUT',
}

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  301: 'WRONG_REGION',
  401: 'CREDENTIALS_REFUSED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'TIMEOUT',
  409: 'CONFLICT',
  412: 'CONFLICT',
  429: 'RATE_LIMITED',
  501: 'UNSUPPORTED',
  503: 'RATE_LIMITED',
  507: 'QUOTA_EXCEEDED',
}

interface Reported {
  readonly name: string
  readonly message: string
  readonly $metadata?: { readonly httpStatusCode?: number | undefined } | undefined
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> | undefined } | undefined
}

/** The storage has compared what arrived with the hash that came with it, and refused it. */
export const isBadDigest = (error: unknown): boolean => ['BadDigest', 'XAmzContentChecksumMismatch'].includes((error as Reported).name)

/** The error of a request, in our words; its message never shows a key of access. */
export function fromS3(error: unknown, signal?: AbortSignal): VfsError {
  throwIfAborted(signal)
  if (error instanceof VfsError) return error
  const { name, message, $metadata } = reported(error)
  if (message.startsWith('Checksum mismatch'))
    return new VfsError('CONTENT_DAMAGED', 'the bytes are not those that the storage keeps', { backend: 's3', cause: error })
  const code = BY_NAME[name] ?? ofStatus($metadata?.httpStatusCode ?? 0)
  return new VfsError(code, `the storage answered ${NAME.test(name) ? name : 'with an error that has no name'}`, {
    backend: 's3',
    cause: error,
    details: pauseOf(error),
  })
}

/** What a server refuses for a reason that we do not know it will refuse again, and it has done nothing. */
const ofStatus = (status: number): ErrorCode => BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'INVALID_ARGUMENT' : 'UNAVAILABLE')

/** What is none could be anything that the server was sent. */
const NAME = /^[A-Za-z][A-Za-z0-9.]{0,63}$/

/** When the server wants to be asked again, if it says so. */
function pauseOf(error: unknown): { readonly retry_after_ms?: number } {
  const pause = retryAfter(reported(error).$response?.headers?.['retry-after'] ?? null)
  return pause === undefined ? {} : { retry_after_ms: pause }
}

/** True if the server did not understand a plain write, or what it gave back does not fit its checksum. */
export function isMisunderstood(error: VfsError): boolean {
  const status = reported(error.cause).$metadata?.httpStatusCode
  return isCode(error, 'IO_ERROR', 'CONTENT_DAMAGED') || (isCode(error, 'UNAVAILABLE', 'UNSUPPORTED', 'INVALID_ARGUMENT') && (status === 400 || status === 501))
}

/** True if nobody knows whether the request took effect: the answer was lost, or the server failed in the middle (journal.md, 15). */
export const isAmbiguous = (error: unknown): boolean => !(error instanceof VfsError) && isCode(fromS3(error), 'UNAVAILABLE', 'TIMEOUT')

/** A refused precondition may be our own request's, repeated on the way. */
export const isRefused = (error: unknown): boolean => isCode(fromS3(error), 'CONFLICT')

function reported(error: unknown): Reported {
  if (typeof error === 'object' && error !== null && 'name' in error) return error as Reported
  return { name: 'an unknown error', message: String(error) }
}
