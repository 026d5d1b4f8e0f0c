import { type CharClass, classHas, parseClass } from './class.ts'

/** A code point to be met as it is, a class of them, or one of the wildcards below. */
type Token = number | CharClass
export type Pattern = readonly Token[]

const ANY = -1 // `?`: one character but `/`
const STAR = -2 // `*`: any characters but `/`
const DEEP = -3 // `**/`: any whole segments, or none
const REST = -4 // `**` at the end: everything
const SLASH = 47

/** Git's pattern language. Undefined if it is malformed: an open `[`, or a `\` at the end. */
export function parsePattern(source: string): Pattern | undefined {
  const chars = Array.from(source)
  const tokens: Token[] = []
  for (let at = 0; at < chars.length;) {
    const next = parseToken(chars, at, atSegmentStart(tokens))
    if (!next) return undefined
    tokens.push(next.token)
    at = next.end
  }
  return tokens
}

const atSegmentStart = (tokens: readonly Token[]): boolean => tokens.length === 0 || tokens.at(-1) === SLASH || tokens.at(-1) === DEEP

interface Parsed {
  readonly token: Token
  readonly end: number
}

function parseToken(chars: readonly string[], at: number, segmentStart: boolean): Parsed | undefined {
  if (chars[at] === '*') return parseStars(chars, at, segmentStart)
  if (chars[at] === '?') return { token: ANY, end: at + 1 }
  if (chars[at] === '[') return parseClass(chars, at + 1)
  return parseLiteral(chars, chars[at] === '\\' ? at + 1 : at)
}

function parseLiteral(chars: readonly string[], at: number): Parsed | undefined {
  const code = chars[at]?.codePointAt(0)
  return code === undefined ? undefined : { token: code, end: at + 1 }
}

/** Several stars cross folders only where they are a whole segment. */
function parseStars(chars: readonly string[], at: number, segmentStart: boolean): Parsed {
  let end = at
  while (chars[end] === '*') end++
  if (end - at > 1 && segmentStart && end === chars.length) return { token: REST, end }
  if (end - at > 1 && segmentStart && chars[end] === '/') return { token: DEEP, end: end + 1 }
  return { token: STAR, end }
}

/** Where a match stands, and where it goes on from after a dead end: the token after the last `*` or `**`, and the place in the text. */
interface Run {
  token: number
  at: number
  star: number
  starAt: number
  deep: number
  deepAt: number
}

const NONE = -1

/**
 * True if the pattern takes the whole text, in time proportional to their product: a dead end only ever lengthens the
 * last `*`, which stays inside its segment, or else the last `**`, since what an earlier one could take a later one can too.
 */
export function matches(pattern: Pattern, text: string): boolean {
  const run: Run = { token: 0, at: 0, star: NONE, starAt: 0, deep: NONE, deepAt: 0 }
  for (;;) {
    const token = pattern[run.token]
    if (token === REST || (token === undefined && run.at === text.length)) return true
    if (!(token !== undefined && forward(run, token, text)) && !lengthenStar(run, text) && !lengthenDeep(run, text)) return false
  }
}

function forward(run: Run, token: Token, text: string): boolean {
  if (token === STAR) {
    run.star = ++run.token
    run.starAt = run.at
  } else if (token === DEEP) {
    run.deep = ++run.token
    run.deepAt = run.at
    run.star = NONE
  } else {
    const code = text.codePointAt(run.at)
    if (code === undefined || !takes(token, code)) return false
    if (code === SLASH) run.star = NONE
    run.at += code > 0xffff ? 2 : 1
    run.token++
  }
  return true
}

function takes(token: Token, code: number): boolean {
  if (typeof token !== 'number') return classHas(token, code)
  return token === code || (token === ANY && code !== SLASH)
}

function lengthenStar(run: Run, text: string): boolean {
  if (run.star === NONE || run.starAt >= text.length || text.charCodeAt(run.starAt) === SLASH) return false
  run.at = ++run.starAt
  run.token = run.star
  return true
}

function lengthenDeep(run: Run, text: string): boolean {
  const next = run.deep === NONE ? 0 : text.indexOf('/', run.deepAt) + 1
  if (next === 0) return false
  run.at = run.deepAt = next
  run.token = run.deep
  run.star = NONE
  return true
}

/** The text of a pattern without wildcards. */
export function literalOf(pattern: Pattern): string | undefined {
  const codes = pattern.filter((token) => typeof token === 'number' && token >= 0) as number[]
  return codes.length === pattern.length ? String.fromCodePoint(...codes) : undefined
}

/** The text after a lone `*` at the beginning: what `*.log` looks for. */
export const suffixOf = (pattern: Pattern): string | undefined => (pattern[0] === STAR ? literalOf(pattern.slice(1)) : undefined)
