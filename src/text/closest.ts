import { distance } from 'fastest-levenshtein'

export interface Closest {
  readonly first: number
  readonly last: number
  /** The lines as they are in the file. */
  readonly text: string
  /** They are what was looked for, but for the blanks at the beginnings of lines. */
  readonly indentation: boolean
}

const MAX_SHOWN_LINES = 40
const MAX_SHOWN = 3000
/** Comparing letter by letter is only done with so many lines of a file, and so much of each. */
const MAX_COMPARED = 10_000
const MAX_COMPARED_LENGTH = 100
const MAX_HOLDING = 400
const ALIKE = 0.5
const A_LITTLE = 0.001

/** The lines of a text that look most like some others that are not in it; undefined if nothing is like them. */
export function closest(text: string, wanted: string): Closest | undefined {
  const lines = text.split('\n')
  const raw = wanted.replace(/\r?\n$/, '').split('\n')
  const looked = raw.map(bare)
  const index = indexLines(lines)
  const start = bestStart(index, looked, lines) ?? mostAlike(lines, looked)
  if (start === undefined) return undefined
  const [from, to] = withKnownLines(index, looked, start)
  const shown = lines.slice(from, Math.min(to, from + MAX_SHOWN_LINES)).map((line) => line.replace(/\r$/, ''))
  return { first: from + 1, last: from + shown.length, text: shown.join('\n').slice(0, MAX_SHOWN), indentation: differInIndentation(shown, raw) }
}

/** So many lines as were looked for, and those near them that are surely meant because they occur once. */
function withKnownLines(index: ReadonlyMap<string, readonly number[]>, looked: readonly string[], start: number): readonly [from: number, to: number] {
  const end = start + looked.length
  const places = looked.flatMap((line) => {
    const [place, another] = index.get(line) ?? []
    return place === undefined || another !== undefined || place < start - looked.length || place >= end + looked.length ? [] : [place]
  })
  return [Math.min(start, ...places), Math.max(end, ...places.map((place) => place + 1))]
}

const differInIndentation = (shown: readonly string[], raw: readonly string[]): boolean =>
  shown.length === raw.length && shown.every((line, i) => line.trim() === raw[i]?.trim()) && shown.some((line, i) => indent(line) !== indent(raw[i] ?? ''))

const indent = (line: string): string => /^\s*/.exec(line)?.[0] ?? ''
const bare = (line: string): string => line.replace(/^ *\d+(?:\t|→)/, '').trim()

function indexLines(lines: readonly string[]): Map<string, number[]> {
  const index = new Map<string, number[]>()
  for (const [at, line] of lines.entries()) {
    const key = line.trim()
    if (key === '') continue
    const places = index.get(key)
    if (places) places.push(at)
    else index.set(key, [at])
  }
  return index
}

/** The place where most of the lines stand in the same order, which a rare line tells. */
function bestStart(index: ReadonlyMap<string, readonly number[]>, looked: readonly string[], lines: readonly string[]): number | undefined {
  const votes = new Map<number, number>()
  for (const [at, line] of looked.entries()) {
    const places = index.get(line) ?? []
    for (const place of places.slice(0, 50)) {
      const start = Math.max(0, Math.min(place - at, lines.length - 1))
      votes.set(start, (votes.get(start) ?? 0) + line.length / places.length)
    }
  }
  let best: number | undefined
  for (const [start, vote] of votes) if (best === undefined || vote > (votes.get(best) ?? 0)) best = start
  return best
}

/** The line most like the longest of those looked for, or that holds the most of it. */
function mostAlike(lines: readonly string[], looked: readonly string[]): number | undefined {
  const longest = looked.reduce((best, line, at) => (line.length > (looked[best]?.length ?? 0) ? at : best), 0)
  const wanted = looked[longest]?.slice(0, MAX_COMPARED_LENGTH) ?? ''
  const pairs = pairsOf(wanted)
  let best: { readonly at: number; readonly alike: number } | undefined
  for (const [at, line] of lines.slice(0, MAX_COMPARED).entries()) {
    const whole = likeness(wanted, line.trim().slice(0, MAX_COMPARED_LENGTH))
    const alike = Math.max(whole, held(pairs, line.slice(0, MAX_HOLDING))) + whole * A_LITTLE // of lines that hold as much the one that is it the most
    if (alike > (best?.alike ?? ALIKE)) best = { at, alike }
  }
  return best && Math.max(0, best.at - longest)
}

function likeness(a: string, b: string): number {
  const longer = Math.max(a.length, b.length)
  if (longer === 0 || Math.min(a.length, b.length) < longer * ALIKE) return 0
  return 1 - distance(a, b) / longer
}

/** Of letters that follow each other. */
const pairsOf = (text: string): string[] => Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2))

/** What is looked for may be a part of a line: how much of it stands there, by its pairs. */
const held = (pairs: readonly string[], line: string): number => pairs.filter((pair) => line.includes(pair)).length / Math.max(1, pairs.length)
