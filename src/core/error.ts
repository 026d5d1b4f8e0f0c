import { CODES, type ErrorCode } from './codes.ts'

export type { ErrorCode } from './codes.ts'

export interface ErrorContext {
  readonly op?: string | undefined
  readonly path?: string | undefined
  readonly backend?: string | undefined
  readonly cause?: unknown
  /** Where this one differs from its code's rule. */
  readonly retryable?: boolean | undefined
  /** What the caller does now, more exact than the code's own hint. */
  readonly hint?: string | undefined
  /** Facts that a program can use: the expected and found etag, the nearest name … Never a secret or a path outside. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

/** What went wrong, as data. Clients see the code; nobody matches on messages. */
export class VfsError extends Error {
  override readonly name = 'VfsError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly hint: string
  readonly op: string | undefined
  readonly path: string | undefined
  readonly backend: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, { cause: context.cause })
    this.code = code
    this.retryable = context.retryable ?? CODES[code].retryable
    this.hint = context.hint ?? CODES[code].hint
    this.op = context.op
    this.path = context.path
    this.backend = context.backend
    this.details = context.details ?? {}
  }
}

export const isCode = (error: unknown, ...codes: readonly ErrorCode[]): error is VfsError => error instanceof VfsError && codes.includes(error.code)

/** Rejects CANCELLED once the caller has gone. */
export function throwIfAborted(signal: AbortSignal | undefined, op?: string): void {
  if (signal?.aborted) throw new VfsError('CANCELLED', 'the call was cancelled', { op, cause: signal.reason })
}
