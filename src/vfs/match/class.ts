/** The characters that a `[...]` of a pattern takes; never `/`. */
export interface CharClass {
  readonly negated: boolean
  /** Pairs of first and last code point. */
  readonly ranges: readonly (readonly [first: number, last: number])[]
}

const DIGIT = [[48, 57]] as const
const UPPER = [[65, 90]] as const
const LOWER = [[97, 122]] as const
const ALPHA = [...UPPER, ...LOWER]
const PUNCT = [
  [33, 47],
  [58, 64],
  [91, 96],
  [123, 126],
] as const

/** POSIX names, in ASCII as git has them. */
const NAMED: Readonly<Record<string, CharClass['ranges']>> = {
  alnum: [...DIGIT, ...ALPHA],
  alpha: ALPHA,
  blank: [
    [9, 9],
    [32, 32],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: DIGIT,
  graph: [[33, 126]],
  lower: LOWER,
  print: [[32, 126]],
  punct: PUNCT,
  space: [
    [9, 13],
    [32, 32],
  ],
  upper: UPPER,
  xdigit: [...DIGIT, [65, 70], [97, 102]],
}

const SLASH = 47

export const classHas = ({ negated, ranges }: CharClass, code: number): boolean =>
  code !== SLASH && ranges.some(([first, last]) => code >= first && code <= last) !== negated

/** Parses what follows a `[`; undefined if it never ends or names no class. */
export function parseClass(chars: readonly string[], start: number): { readonly token: CharClass; readonly end: number } | undefined {
  const negated = chars[start] === '!' || chars[start] === '^'
  const first = negated ? start + 1 : start
  const ranges: (readonly [number, number])[] = []
  // A `]` that stands first is a member, so the end is looked for after it.
  for (let at = first; at < chars.length;) {
    if (chars[at] === ']' && at > first) return { token: { negated, ranges }, end: at + 1 }
    const member = parseNamed(chars, at) ?? parseRange(chars, at)
    if (!member) return undefined
    ranges.push(...member.ranges)
    at = member.end
  }
  return undefined
}

interface Member {
  readonly ranges: CharClass['ranges']
  readonly end: number
}

/** `[:name:]`. A `[` that opens no such thing is a plain member. */
function parseNamed(chars: readonly string[], at: number): Member | undefined {
  if (chars[at] !== '[' || chars[at + 1] !== ':') return undefined
  const close = chars.indexOf(']', at + 2)
  if (close < at + 3 || chars[close - 1] !== ':') return undefined
  const ranges = NAMED[chars.slice(at + 2, close - 1).join('')]
  return { ranges: ranges ?? [], end: ranges ? close + 1 : chars.length }
}

/** A character, or `a-z`. */
function parseRange(chars: readonly string[], at: number): Member | undefined {
  const from = parseChar(chars, at)
  if (!from) return undefined
  const open = chars[from.end] === '-' && chars[from.end + 1] !== undefined && chars[from.end + 1] !== ']'
  if (!open) return { ranges: [[from.code, from.code]], end: from.end }
  const to = parseChar(chars, from.end + 1)
  return to && { ranges: [[from.code, to.code]], end: to.end }
}

function parseChar(chars: readonly string[], at: number): { readonly code: number; readonly end: number } | undefined {
  const escaped = chars[at] === '\\' ? 1 : 0
  const code = chars[at + escaped]?.codePointAt(0)
  return code === undefined ? undefined : { code, end: at + escaped + 1 }
}
