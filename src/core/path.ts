import { VfsError } from './error.ts'

/** An absolute path that has been checked: `/`, or `/a/b` without empty, `.` or `..` segments. */
export type VfsPath = string & { readonly VfsPath: unique symbol }

export const ROOT = '/' as VfsPath
const MAX_PATH_BYTES = 4096 // Linux PATH_MAX
const MAX_SEGMENT_BYTES = 255 // NAME_MAX of every file system that we mount

/** Rejects INVALID_PATH. One trailing `/` is taken off. */
export function vfsPath(input: string): VfsPath {
  if (!input.startsWith('/')) throw invalid(input, 'must start with "/"')
  if (input.includes('\0')) throw invalid(input, 'holds a NUL character')
  if (!input.isWellFormed()) throw invalid(input, 'holds a lone surrogate')
  if (longerThan(MAX_PATH_BYTES, input)) throw invalid(input, `is longer than ${MAX_PATH_BYTES} bytes`)
  if (input === '/') return ROOT
  const path = input.endsWith('/') ? input.slice(0, -1) : input
  for (const segment of path.slice(1).split('/')) checkSegment(input, segment)
  return path as VfsPath
}

export const parent = (path: VfsPath): VfsPath => (path.slice(0, path.lastIndexOf('/')) || '/') as VfsPath
export const name = (path: VfsPath): string => path.slice(path.lastIndexOf('/') + 1)

/** Checks the name alone: the folder has been. Rejects as vfsPath does. */
export function join(folder: VfsPath, child: string): VfsPath {
  const path = folder === '/' ? `/${child}` : `${folder}/${child}`
  if (child.includes('/') || child.includes('\0') || !child.isWellFormed() || longerThan(MAX_PATH_BYTES, path)) return vfsPath(path)
  checkSegment(path, child)
  return path as VfsPath
}

export const segments = (path: VfsPath): string[] => (path === '/' ? [] : path.slice(1).split('/'))

/** True if `path` is `folder` or lies below it; `/root_secret` does not lie below `/root`. */
export const within = (folder: VfsPath, path: VfsPath): boolean => folder === '/' || path === folder || path.startsWith(`${folder}/`)

/** The rest of `path` below `folder`, as a path of its own: `/a` and `/a/b/c` give `/b/c`. */
export const below = (folder: VfsPath, path: VfsPath): VfsPath => (folder === '/' ? path : path.slice(folder.length) || '/') as VfsPath

/** `path` as seen from outside `folder`, which is where its `/` stands. */
export const under = (folder: VfsPath, path: VfsPath): VfsPath => (folder === '/' ? path : path === '/' ? folder : vfsPath(`${folder}${path}`))

/** True if a symbolic link at this path below a folder leads to somewhere in the folder, going by its text alone. */
export function staysBelow(link: string, target: string): boolean {
  if (target === '' || target.startsWith('/')) return false
  let depth = link.split('/').length - 1
  for (const step of target.split('/')) {
    depth += step === '..' ? -1 : step === '' || step === '.' ? 0 : 1
    if (depth < 0) return false
  }
  return true
}

/** The folders above a path, the nearest first; none for `/`. */
export function* ancestors(path: VfsPath): Generator<VfsPath> {
  for (let at = path; at !== '/';) yield (at = parent(at))
}

/** The order of listings everywhere: by UTF-8 bytes, which UTF-16 comparison is not for characters beyond U+FFFF. */
export function compareNames(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return surrogatesLast(x) - surrogatesLast(y)
  }
  return a.length - b.length
}

/** Surrogates stand for characters above U+FFFF, so they sort after U+E000…U+FFFF. */
const surrogatesLast = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit)

/** Characters that no name holds, and the one before them that one can. */
const PASSED_OVER: Readonly<Record<string, string>> = { '/': '.', '\uDFFF': '\uD7FF' }
const LAST = '\u{10FFFF}'

/** A text just before a name in that order: hardly any other name comes between the two. */
export function justBefore(segment: string): string {
  const [last = ''] = Array.from(segment).slice(-1)
  const rest = segment.slice(0, segment.length - last.length)
  const before = String.fromCodePoint((last.codePointAt(0) ?? 1) - 1)
  return before === '\0' ? rest : rest + (PASSED_OVER[before] ?? before) + LAST
}

/** How the local backend shows a byte of a name that is not UTF-8: such a name is as long as its bytes on the disk. */
const ESCAPED_BYTE = /\\x(?:5C|[89A-F][0-9A-F])/g

function checkSegment(path: string, segment: string): void {
  if (segment === '') throw invalid(path, 'has an empty segment')
  if (segment === '.' || segment === '..') throw invalid(path, `has a "${segment}" segment`)
  if (longerThan(MAX_SEGMENT_BYTES, segment) && Buffer.byteLength(segment.replaceAll(ESCAPED_BYTE, '_')) > MAX_SEGMENT_BYTES)
    throw invalid(path, `has a segment longer than ${MAX_SEGMENT_BYTES} bytes`)
}

/** In bytes of UTF-8, of which a UTF-16 unit takes three at most: most texts need no counting. */
const longerThan = (bytes: number, text: string): boolean => text.length * 3 > bytes && Buffer.byteLength(text) > bytes

const invalid = (path: string, rule: string): VfsError =>
  new VfsError('INVALID_PATH', `path ${JSON.stringify(path.toWellFormed().slice(0, 100))} ${rule}`, { path: path.toWellFormed().slice(0, 200) })
