import type { IncomingMessage } from 'node:http'
import { type ErrorCode, throwIfAborted, VfsError } from '../../src/core/error.ts'
import { isPublic } from '../../src/core/public-address.ts'
import { retryAfter } from '../../src/core/retry-after.ts'
import type { Refuse } from '../../src/core/web.ts'

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'PERMISSION_DENIED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  410: 'NOT_FOUND',
  412: 'CONFLICT',
  429: 'RATE_LIMITED',
}

/** What an answer that is no content means; undefined for one that is. Size and ranges of what is compressed are not those of the file. */
export function refused({ statusCode: status = 0, headers }: IncomingMessage): VfsError | undefined {
  const isContent = status >= 200 && status < 300
  if (isContent && (headers['content-encoding'] ?? 'identity') === 'identity') return undefined
  if (isContent) return new VfsError('UNSUPPORTED', 'the server sends the file only compressed', { backend: 'http' })
  const after = retryAfter(headers['retry-after'] ?? null)
  const details = after === undefined ? { status } : { status, retry_after_ms: after }
  return new VfsError(BY_STATUS[status] ?? 'UNAVAILABLE', `the server answered ${status}`, { backend: 'http', details })
}

/** An answer that did not come to its end. */
export function brokenOff(error: unknown, signal?: AbortSignal): VfsError {
  throwIfAborted(signal)
  return error instanceof VfsError ? error : new VfsError('UNAVAILABLE', 'the server broke off', { backend: 'http', cause: error })
}

/**
 * A person named the server, and not what it redirects to: another host must stand on the public Internet, so that nobody is led to what only
 * this machine reaches.
 */
export const beyond =
  (named: string): Refuse =>
  (address, host) =>
    host === named || isPublic(address) ? undefined : led()

const led = (): VfsError =>
  new VfsError('DENIED', 'the server redirects to this machine or into a private network', {
    backend: 'http',
    hint: 'A person who wants that names the address that it redirects to.',
  })
