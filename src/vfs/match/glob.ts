import { VfsError } from '../../core/error.ts'
import { literalOf, matches, parsePattern, suffixOf } from './pattern.ts'

/** Says whether a path, relative to where the glob stands and without a leading `/`, is meant. */
export type Matcher = (path: string) => boolean

const MAX_LENGTH = 1024
const MAX_ALTERNATIVES = 256
const MAX_EXPANDED = 4096 // characters of all alternatives together: each is met by every path, and no match can be interrupted

/**
 * `*`, `?`, `[a-z]`, `**`, `{a,b}`, `\` before a character that stands for itself. A glob with no `/` is met by the name at
 * any depth; one with a `/` by the whole path. Matching takes linear time. Rejects INVALID_PATTERN.
 */
export function compileGlob(glob: string): Matcher {
  if (glob.length > MAX_LENGTH) throw invalid(glob, `is longer than ${MAX_LENGTH} characters`)
  const matchers = expand(glob, 0, '').texts.map((alternative) => compileOne(glob, alternative))
  return (path) => matchers.some((matcher) => matcher(path))
}

/** Met by a path that one of the globs means. */
export function compileGlobs(globs: readonly string[]): Matcher {
  const matchers = globs.map(compileGlob)
  return (path) => matchers.some((matcher) => matcher(path))
}

function compileOne(glob: string, alternative: string): Matcher {
  const source = alternative.replace(/^\.\//, '/').replace(/(?<=.)\/$/, '')
  const matcher = compilePattern(source.replace(/^\//, ''))
  if (!matcher) throw invalid(glob, 'has a "[" that is not closed, an unknown [:class:], or ends in "\\"')
  return source.includes('/') ? matcher : (path) => matcher(path.slice(path.lastIndexOf('/') + 1))
}

/** The quickest way to match one pattern, which most often is a plain name or an ending. Undefined if it is malformed. */
export function compilePattern(source: string): Matcher | undefined {
  const pattern = parsePattern(source)
  if (!pattern) return undefined
  const literal = literalOf(pattern)
  if (literal !== undefined) return (path) => path === literal
  const suffix = suffixOf(pattern)
  if (suffix !== undefined) return (path) => path.endsWith(suffix) && !path.slice(0, path.length - suffix.length).includes('/')
  return (path) => matches(pattern, path)
}

interface Expanded {
  readonly texts: readonly string[]
  readonly end: number
}

/** Reads up to the end, or up to the character of `stop` that ends this alternative. Rejects INVALID_PATTERN before a short glob becomes a long list. */
function expand(glob: string, start: number, stop: '' | ',}'): Expanded {
  let texts: readonly string[] = ['']
  let at = start
  while (at < glob.length && !stop.includes(glob.charAt(at))) {
    const part = glob[at] === '{' ? expandBraces(glob, at + 1) : plain(glob, at)
    texts = bounded(
      glob,
      texts.flatMap((head) => part.texts.map((tail) => head + tail)),
    )
    at = part.end
  }
  return { texts, end: at }
}

function expandBraces(glob: string, start: number): Expanded {
  const texts: string[] = []
  for (let at = start; ;) {
    const part = expand(glob, at, ',}')
    texts.push(...part.texts)
    if (part.end >= glob.length) throw invalid(glob, 'has a "{" that is not closed')
    if (glob[part.end] === '}') return { texts: bounded(glob, texts), end: part.end + 1 }
    at = part.end + 1
  }
}

/** A run without braces or commas; an escaped character and a `[...]` are taken whole. */
function plain(glob: string, at: number): Expanded {
  const run = /\\.|\[[!^]?\]?(?:\\.|\[:\w+:\]|[^\\\]])*\]|[^\\[{},]+|./suy
  run.lastIndex = at
  const text = run.exec(glob)?.[0] ?? ''
  return { texts: [text], end: at + text.length }
}

function bounded(glob: string, texts: readonly string[]): readonly string[] {
  if (texts.length > MAX_ALTERNATIVES) throw invalid(glob, `has more than ${MAX_ALTERNATIVES} alternatives`)
  if (texts.length > 1 && texts.reduce((sum, text) => sum + text.length, 0) > MAX_EXPANDED)
    throw invalid(glob, `has alternatives of more than ${MAX_EXPANDED} characters together`)
  return texts
}

const invalid = (glob: string, rule: string): VfsError =>
  new VfsError('INVALID_PATTERN', `glob ${JSON.stringify(glob.slice(0, 100))} ${rule}`, { hint: 'Correct the glob; \\ before a character takes it as it is.' })
