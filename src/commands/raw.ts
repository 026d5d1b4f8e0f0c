import { VfsError } from '../core/error.ts'
import type { Outcome } from '../registry/envelope.ts'
import { type Io, print } from './io.ts'

type Args = Readonly<Record<string, unknown>>
type Success = Extract<Outcome, { ok: true }>

const PIECE = 1024 * 1024

/** What answers for one tool. */
interface Source {
  readonly call: (args: Args) => Promise<Outcome>
  /** Whether what stands at a path is what an etag was given for. */
  readonly holds: (path: string, etag: string) => Promise<boolean>
}

/** Prints what was asked for without its envelope, and nothing else: of a content that comes in pieces all of them, each as it comes. Rejects as the tool does. */
export async function printRaw(source: Source, asked: Args, shape: object, io: Pick<Io, 'stdout'>): Promise<void> {
  const first = plain(asked, shape)
  const isOne = first['raw'] === false || 'length' in asked || 'byte_length' in asked
  let last: Success['envelope'] | undefined
  for (let args: Args | undefined = first; args;) {
    const piece = succeeded(await source.call(args))
    if (last && !(await isSame(last, piece.envelope, source)))
      throw new VfsError('CONFLICT', 'it was changed while it was read: what is out is of both versions')
    await print(io.stdout, first['raw'] === true ? linesOf(piece) : contentOf(piece))
    last = piece.envelope
    args = isOne ? undefined : following(args, piece.envelope)
  }
}

/** A file that gets older takes an etag of another form: then what stands there now has both. */
async function isSame(last: Success['envelope'], now: Success['envelope'], { holds }: Source): Promise<boolean> {
  if (last['etag'] === now['etag']) return true
  const held = [last, now].map(async ({ path, etag }) => typeof path === 'string' && typeof etag === 'string' && holds(path, etag))
  return (await Promise.all(held)).every(Boolean)
}

/** By bytes where nothing but the file is named, else without what is added for models; unless the arguments say otherwise. */
function plain(args: Args, shape: object): Args {
  if ('byte_offset' in shape && Object.keys(args).length === 1) return { ...args, byte_offset: 0, byte_length: PIECE }
  return 'raw' in shape ? { raw: true, ...args } : args
}

/** What asks for the next piece; undefined at the end of what was asked for. */
function following(args: Args, { next_offset: next, kind, lines }: Success['envelope']): Args | undefined {
  if (typeof next !== 'number') return undefined
  if (kind === 'bytes') return { ...args, byte_offset: next }
  const { limit } = args
  const left = typeof limit === 'number' && typeof lines === 'number' ? limit - lines : undefined
  return left !== undefined && left <= 0 ? undefined : { ...args, offset: next, ...(left !== undefined && { limit: left }) }
}

function succeeded(outcome: Outcome): Success {
  if (outcome.ok) return outcome
  const { error, error_code, context } = outcome.envelope
  throw new VfsError(error_code, error, { hint: context.hint })
}

/** Bytes as they are, else the text. */
function contentOf({ envelope, text, attachments: [attachment] }: Success): string | Uint8Array {
  const { content, content_base64: base64 } = envelope
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64')
  if (typeof content === 'string') return content
  if (attachment) return Buffer.from(attachment.data, 'base64')
  return text ?? `${JSON.stringify(envelope)}\n`
}

/** Lines without the mark of what follows them. */
function linesOf(piece: Success): string | Uint8Array {
  const { kind, cut_lines: cut, next_offset: next } = piece.envelope
  if (kind !== 'text' || piece.text === undefined) return contentOf(piece)
  if (cut !== undefined)
    throw new VfsError('INVALID_ARGUMENT', 'a line is too long to be read as one', { hint: 'Read it by byte_offset and byte_length, or the file whole.' })
  const mark = `[more: offset=${String(next)}]`
  return piece.text.endsWith(mark) ? piece.text.slice(0, -mark.length) : piece.text
}
