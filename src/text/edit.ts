import { VfsError } from '../core/error.ts'
import { type Body, bodyOf } from './body.ts'
import { closest } from './closest.ts'
import { encode, formatSize } from './encoding.ts'
import { findExact, findTolerant, type Found, MAX_PLACES } from './find.ts'
import { compose, type Region } from './regions.ts'
import { countEnds } from './split.ts'

export interface Edit {
  readonly oldText: string
  readonly newText: string
  readonly all: boolean
}

export interface Edited {
  readonly before: Body
  /** The body after all edits, in the same form. */
  readonly after: Buffer
  readonly regions: readonly Region[]
  /** Places that were replaced. */
  readonly replaced: number
  /** What had to be forgiven to find the text, such as `line endings`. */
  readonly forgiven: readonly string[]
  /** What the file is to hold. */
  readonly content: Uint8Array
}

/** Larger files are not edited in memory, nor made by an edit. */
export const MAX_EDITED = 64 * 1024 * 1024
const LESS = 'Replace fewer places, or write the file anew with vfs_write.'

/**
 * Replaces text in bytes; every byte outside the matches stays. Edits apply one after the other, all or none. Rejects
 * NOT_TEXT, NO_MATCH, AMBIGUOUS_MATCH, NO_CHANGE, INVALID_ARGUMENT, FILE_TOO_LARGE.
 */
export function applyEdits(content: Uint8Array, edits: readonly Edit[], path: string): Edited {
  const before = bodyOf(content, path)
  let after = before.bytes
  let regions: readonly Region[] = []
  let replaced = 0
  const forgiven = new Set<string>()
  for (const [index, edit] of edits.entries()) {
    const found = find({ ...before, bytes: after }, edit, { path, name: edits.length === 1 ? 'old_string' : `edits[${index}].old_string` })
    replaced += found.starts.length
    if (replaced > MAX_PLACES) throw tooManyPlaces(path)
    const step = replace(after, found, path)
    after = step.bytes
    regions = compose(regions, step.regions)
    for (const what of found.forgiven) forgiven.add(what)
  }
  if (after.equals(before.bytes)) throw new VfsError('NO_CHANGE', `the edit leaves ${path} as it is`, { path })
  return { before, after, regions, replaced, forgiven: [...forgiven], content: before.restore(after) }
}

interface Where {
  readonly path: string
  /** The argument that holds the old text. */
  readonly name: string
}

function find(body: Body, { oldText, newText, all }: Edit, where: Where): Found {
  if (oldText === '')
    throw new VfsError('INVALID_ARGUMENT', `${where.name} is empty`, {
      path: where.path,
      hint: 'Send the text to replace, or write the whole file with vfs_write.',
    })
  if (oldText === newText) throw new VfsError('NO_CHANGE', `${where.name} and its new text are the same`, { path: where.path })
  const exact = findExact(body, oldText, newText)
  if (exact && (exact.starts.length === 1 || all)) return exact
  if (exact) throw ambiguous(body, exact.starts, where)
  const [only, second] = findTolerant(body, oldText, newText)
  if (!only) throw noMatch(body, oldText, newText, where)
  if (second)
    throw ambiguous(
      body,
      [only, second].flatMap(({ starts }) => starts),
      where,
      ' (blanks at line ends and the like forgiven)',
    )
  return only
}

const tooManyPlaces = (path: string): VfsError =>
  new VfsError('INVALID_ARGUMENT', `the edit replaces more than ${MAX_PLACES} places in ${path}`, { path, hint: 'Replace a longer text.' })

function replace(bytes: Buffer, found: Found, path: string): { readonly bytes: Buffer; readonly regions: readonly Region[] } {
  const write = writer(bytes, found, path)
  const parts: Buffer[] = []
  const regions: Region[] = []
  let kept = 0
  let shift = 0
  for (const from of found.starts) {
    const text = write(from)
    const to = from + found.length
    parts.push(bytes.subarray(kept, from), text)
    regions.push({ from, to, start: from + shift, end: from + shift + text.length })
    shift += text.length - found.length
    if (bytes.length + shift > MAX_EDITED)
      throw new VfsError('FILE_TOO_LARGE', `the edit makes more than ${formatSize(MAX_EDITED)} of ${path}`, { path, hint: LESS })
    kept = to
  }
  parts.push(bytes.subarray(kept))
  return { bytes: Buffer.concat(parts), regions }
}

/** The new text in the file's encoding, with the line endings that are used where it goes. */
function writer(bytes: Buffer, { newText, encoding, endingsMeant }: Found, path: string): (start: number) => Buffer {
  const inEncoding = (text: string): Buffer => {
    const encoded = encode(text, encoding)
    if (encoded) return encoded
    throw new VfsError('INVALID_ARGUMENT', `new text for ${path} has characters that its encoding, ${encoding}, does not have`, {
      path,
      hint: 'Use other characters, or write the whole file anew with vfs_write.',
    })
  }
  const asGiven = inEncoding(newText)
  if (endingsMeant || !newText.includes('\n')) return () => asGiven
  const lf = newText.replaceAll('\r\n', '\n')
  const [withLf, withCrlf] = [inEncoding(lf), inEncoding(lf.replaceAll('\n', '\r\n'))]
  return (start) => {
    const ending = endingNear(bytes, start)
    return ending === undefined ? asGiven : ending === 'CRLF' ? withCrlf : withLf
  }
}

/** Of the line that the replaced text begins in, else of the one before. */
function endingNear(bytes: Buffer, start: number): 'CRLF' | 'LF' | undefined {
  const next = bytes.indexOf(10, start)
  const newline = next >= 0 ? next : start > 0 ? bytes.lastIndexOf(10, start - 1) : -1
  if (newline < 0) return undefined
  return bytes[newline - 1] === 13 ? 'CRLF' : 'LF'
}

const SHOWN_LINES = 20
/** So much of a file is looked at for lines like the ones that are not there. */
const MAX_COMPARED = 8 * 1024 * 1024

function ambiguous(body: Body, starts: readonly number[], { path, name }: Where, how = ''): VfsError {
  const lines: number[] = []
  let from = 0
  for (const start of starts.slice(0, SHOWN_LINES)) {
    lines.push((lines.at(-1) ?? 1) + countEnds(body.bytes, from, start))
    from = start
  }
  const count = starts.length > MAX_PLACES ? `more than ${MAX_PLACES}` : `${starts.length}`
  const more = starts.length > lines.length ? ' …' : ''
  return new VfsError('AMBIGUOUS_MATCH', `${name} occurs ${count} times in ${path}${how}: at lines ${lines.join(', ')}${more}`, { path, details: { lines } })
}

function noMatch(body: Body, oldText: string, newText: string, { path, name }: Where): VfsError {
  const near = closest(body.show(body.bytes.subarray(0, MAX_COMPARED)), oldText)
  const message = `${name} is not in ${path}.${alreadyThere(body, oldText, newText)}`
  if (!near) return new VfsError('NO_MATCH', message, { path })
  const why = near.indentation ? ' (only the indentation differs)' : ''
  return new VfsError('NO_MATCH', message, {
    path,
    hint: `The closest lines are ${near.first}-${near.last}${why}; copy these exactly:\n${near.text}`,
    details: { closest: { first_line: near.first, text: near.text } },
  })
}

/** Shorter text stands in many a place by chance. */
const TELLING = 8

/** A call that was repeated though it had succeeded. */
function alreadyThere(body: Body, oldText: string, newText: string): string {
  const telling = newText.trim().length >= TELLING && !oldText.includes(newText)
  const starts = telling ? (findExact(body, newText, '')?.starts ?? []) : []
  const [start] = starts
  return start === undefined || starts.length > 1 ? '' : ` The new text stands there already, at line ${countEnds(body.bytes, 0, start) + 1}.`
}
