import { z } from 'zod'
import { AS_MADE } from '../../content/dag/codecs.ts'
import { type ErrorCode, VfsError } from '../../core/error.ts'
import { withoutCredentials } from '../../core/credentials.ts'
import { Refusal } from '../../core/wire.ts'
import { notHere } from '../absent.ts'

const NOT_KUBO = 'what answers is not the RPC of a Kubo that we know'

/** A proxy says so of a daemon that did not answer it. */
const BETWEEN_US: ReadonlySet<number> = new Set([502, 503, 504])

/** Asked to ask nobody else. */
const MISSING = /ipld: could not find (\w+)/

/** Of a call that was given one. */
const DEADLINE = /context deadline exceeded/

/** Kubo has no codes: 500 and a sentence. The first line that fits. */
const SENTENCES: readonly (readonly [RegExp, ErrorCode])[] = [
  [/no space left on device/i, 'DISK_FULL'],
  [/not found locally|must be run in online mode|run offline|while offline/i, 'OFFLINE'],
  [/sequence number must be greater/i, 'CONFLICT'],
  [/not pinned|not recursively pinned/i, 'NOT_PINNED'],
  [/already exists|already has entry|cannot create key with name 'self'/i, 'ALREADY_EXISTS'],
  [/could not resolve name|could not resolve recursively|routing: not found/i, 'NAME_NOT_FOUND'],
  [/file does not exist|no link named/i, 'NOT_FOUND'],
  [/failed to dial|no addresses|connect \S+ failure/i, 'NO_PEERS'],
  [/not a directory/i, 'NOT_DIRECTORY'],
  [/is a directory/i, 'IS_DIRECTORY'],
  [/unable to unmarshall/i, 'INVALID_ARGUMENT'],
  [/invalid cid|invalid path|does not have enough components|selected encoding not supported|cid too short/i, 'INVALID_CID'],
  [/mismatch in content integrity|hash.*mismatch|does not match/i, 'INVALID_BLOCK'],
  [/unsupported|not enabled|is not a DHT|could not choose a decoder/i, 'UNSUPPORTED'],
  [DEADLINE, 'CONTENT_NOT_FOUND_IN_TIME'],
  [/context canceled|shutting down|closed/i, 'SERVICE_UNAVAILABLE'],
]

/** Of a block below a pin, which Kubo has to decode: each codec says it in words of its own. */
const UNDECODABLE = /^pin: (?:unexpected |invalid |EOF|message structure|decode|digest too large|cbor: |protobuf: )/

/** Kubo 0.43 keeps the half of an import that found no room until it starts again. */
const LEFTOVERS =
  'Free some space; a person also gets back what this call has taken, by a restart of the daemon (polymount services restart kubo). Then repeat it.'

/** What a failed call means, if neither the caller nor the clock ended it. What Kubo says is not believed to leave out the header that it got. */
export function fromKubo(error: unknown, op: string, authorization?: string): VfsError {
  if (error instanceof VfsError) return error
  const refusal = refusalOf(error, authorization)
  if (!refusal && isTimeout(error)) return new VfsError('TIMEOUT', 'Kubo did not answer in time', { op, cause: error })
  if (isRubbish(error)) return new VfsError('SERVICE_UNAVAILABLE', NOT_KUBO, { op, cause: error, retryable: false })
  if (!refusal) return new VfsError('SERVICE_UNAVAILABLE', 'Kubo does not answer', { op, cause: error, hint: 'Repeat the call in a moment.' })
  return fromStatus(refusal, op) ?? fromSentence(refusal, op)
}

/** Of this file's class, or as kubo-rpc-client throws it. */
function refusalOf(error: unknown, authorization: string | undefined): Refusal | undefined {
  if (error instanceof Refusal) return error
  if (isTimeout(error) && DEADLINE.test(error.message)) return new Refusal(500, error.message) // Kubo's own clock
  if (!(error instanceof Error) || !('response' in error) || !(error.response instanceof Response)) return undefined
  return new Refusal(error.response.status, withoutCredentials(error.message, authorization))
}

/** Kubo has followed as many names as it does. */
export const isTooFar = ({ message }: VfsError): boolean => /recursion limit exceeded/.test(message)

/** Of a value that is signed again: Kubo counts only other ones. */
export const isOldRecord = (error: unknown): boolean => error instanceof VfsError && /: old record/.test(error.message)

/** No JSON, or not what the command answers. */
const isRubbish = (error: unknown): boolean => error instanceof SyntaxError || error instanceof z.ZodError

const isTimeout = (error: unknown): error is Error => error instanceof Error && error.name === 'TimeoutError'

function fromStatus({ status, message }: Refusal, op: string): VfsError | undefined {
  if (status === 401 || status === 403)
    return new VfsError('PERMISSION_DENIED', `Kubo refuses ${op} to us (HTTP ${status})`, {
      op,
      hint: 'A person sets ipfs.authorization to what API.Authorizations of that daemon allows.',
    })
  if (BETWEEN_US.has(status)) return new VfsError('SERVICE_UNAVAILABLE', `Kubo does not answer (HTTP ${status})`, { op, hint: 'Repeat the call in a moment.' })
  if (status === 404 || status === 405) return new VfsError('SERVICE_UNAVAILABLE', NOT_KUBO, { op, cause: message, retryable: false })
  return undefined
}

function fromSentence(refusal: Refusal, op: string): VfsError {
  if (UNDECODABLE.test(refusal.message))
    return new VfsError('INVALID_BLOCK', `Kubo: ${shown(refusal.message)}`, { op, cause: refusal, retryable: false, hint: AS_MADE })
  const [, missing] = MISSING.exec(refusal.message) ?? []
  if (missing !== undefined) return notHere(missing, refusal)
  const code = SENTENCES.find(([pattern]) => pattern.test(refusal.message))?.[1] ?? 'IO_ERROR'
  return new VfsError(code, `Kubo: ${shown(refusal.message)}`, { op, cause: refusal, ...(code === 'DISK_FULL' && { hint: LEFTOVERS }) })
}

/** Without paths of that machine, and not at length. */
const shown = (sentence: string): string => sentence.replaceAll(/(?<![\w/])\/(?!ipfs\/|ipns\/)[^\s:'"]+\/[^\s:'"]*/g, '…').slice(0, 300)
