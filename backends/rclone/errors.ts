import { z } from 'zod'
import { type ErrorCode, throwIfAborted, VfsError } from '../../src/core/error.ts'

/** A status of HTTP, and no such number in a size, a port or a name. */
const answered = (code: number): string => String.raw`\b${code}\b`

/** rclone tells most of what its storages say by message; this is the one place that reads them. */
const BY_MESSAGE: readonly (readonly [RegExp, ErrorCode])[] = [
  [/(object|directory|bucket|container|job) not found|no such file|doesn't exist/i, 'NOT_FOUND'],
  [/directory not empty/i, 'NOT_EMPTY'],
  [/is a file not a directory|not a directory/i, 'NOT_DIRECTORY'],
  [/is a directory/i, 'IS_DIRECTORY'],
  [/didn't find (section|backend)|unknown backend|couldn't find (root|type)|invalid (remote|config)/i, 'INVALID_ARGUMENT'],
  [/\bread.only\b/i, 'READ_ONLY'],
  [new RegExp(`permission denied|access denied|forbidden|${answered(403)}`, 'i'), 'PERMISSION_DENIED'],
  [new RegExp(`unable to authenticate|handshake failed|unauthorized|${answered(401)}|invalid_grant|token expired`, 'i'), 'CREDENTIALS_REFUSED'],
  [new RegExp(`quota|insufficient storage|no space left|${answered(507)}`, 'i'), 'QUOTA_EXCEEDED'],
  [new RegExp(`rate limit|too many requests|slow ?down|${answered(429)}`, 'i'), 'RATE_LIMITED'],
  [/not supported|unsupported|can't/i, 'UNSUPPORTED'],
  [/timeout|deadline exceeded/i, 'TIMEOUT'],
]

/** What an answer of rclone means that is no success. Its message may hold parts of a connection string: only our words go on. */
export function fromAnswer(status: number, told: string): VfsError {
  const code = codeOf(sentenceOf(told)) ?? (status === 404 ? 'NOT_FOUND' : 'UNAVAILABLE')
  return new VfsError(code, `rclone answered ${status}`, { backend: 'rclone', cause: new Error(told) })
}

/** What a job came to that did not succeed. */
export const fromJob = (error: string, input: Readonly<Record<string, unknown>>): VfsError => fromAnswer(500, JSON.stringify({ error, input }))

const codeOf = (sentence: string): ErrorCode | undefined => BY_MESSAGE.find(([pattern]) => pattern.test(sentence))?.[1]

const Answer = z.object({ error: z.string(), input: z.record(z.string(), z.unknown()).nullish(), path: z.string().optional() })

/** What it says of its own: a name, an address or a port that it repeats may look like any refusal. */
function sentenceOf(told: string): string {
  const { data } = Answer.safeParse(parsed(told))
  if (!data) return told
  const misleading = [...Object.values(data.input ?? {}), data.path].filter((value) => typeof value === 'string').filter((value) => codeOf(value))
  return misleading.reduce((text, value) => text.replaceAll(value, ''), data.error).replaceAll(ELSEWHERE, '')
}

/** An address, an absolute path, a machine with its port. */
const ELSEWHERE = /\w+:\/\/[^\s"]+|(?<!\w)\/\S+|[^\s"]+:\d+\b/g

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A request that came to no answer. */
export function fromFetch(error: unknown, signal?: AbortSignal): VfsError {
  throwIfAborted(signal)
  return error instanceof VfsError ? error : new VfsError('UNAVAILABLE', 'rclone does not answer', { backend: 'rclone', cause: error })
}
