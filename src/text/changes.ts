import { diffArrays } from 'diff'
import type { Region } from './regions.ts'
import { countEnds, lineEnd, lineStart, splitLines } from './split.ts'

export interface Sides {
  readonly before: Buffer
  readonly after: Buffer
  /** What was replaced; all else is the same. */
  readonly regions: readonly Region[]
}

/** Lines that went and lines that came at one place. */
export interface Change {
  /** Place and number (from 0) of the first line that went, or of the line before which others came. */
  readonly at: number
  readonly line: number
  readonly removed: readonly Buffer[]
  readonly added: readonly Buffer[]
}

/** A replaced part with more lines, or with more that differ, is taken as replaced whole. */
const MAX_LINES = 20_000
const MAX_DIFFERENT = 500

/** The regions as whole lines, and inside them what really differs. */
export function* changes({ before, after, regions }: Sides): Generator<Change> {
  let known = { line: 0, at: 0 }
  for (const { from, to, start, end } of wholeLines(before, after, regions)) {
    known = { line: known.line + countEnds(before, known.at, from), at: from }
    yield* fine(known, splitLines(before.subarray(from, to)), splitLines(after.subarray(start, end)))
  }
}

function* wholeLines(before: Buffer, after: Buffer, regions: readonly Region[]): Generator<Region> {
  let open: Region | undefined
  for (const { from, to, start, end } of regions) {
    const joins = open !== undefined && from < open.to // it begins on the last line of the one before
    const head = joins ? 0 : from - lineStart(before, from)
    const tail = endsLine(before, after, to, end) ? 0 : (open && to < open.to ? open.to : lineEnd(before, to)) - to
    const next = { from: from - head, to: to + tail, start: start - head, end: end + tail }
    if (open && !joins) yield open
    // What follows the first on its line is only told rightly by the last.
    open = open && joins ? { ...next, from: open.from, start: open.start } : next
  }
  if (open) yield open
}

/** Else the same text follows on both sides until a line ends. */
const endsLine = (before: Buffer, after: Buffer, to: number, end: number): boolean =>
  (to === 0 || before[to - 1] === 10) && (end === 0 || after[end - 1] === 10)

function* fine(start: { readonly line: number; readonly at: number }, removed: readonly Buffer[], added: readonly Buffer[]): Generator<Change> {
  const parts = removed.length + added.length > MAX_LINES ? undefined : diffArrays(keys(removed), keys(added), { maxEditLength: MAX_DIFFERENT })
  if (!parts) {
    yield { ...start, removed, added }
    return
  }
  let [line, at, came] = [start.line, start.at, 0]
  let open: Change | undefined
  for (const part of parts) {
    const went = part.added ? [] : removed.slice(line - start.line, line - start.line + part.count)
    if (!part.added && !part.removed) {
      if (open) yield open
      open = undefined
      came += part.count
    } else {
      open ??= { at, line, removed: [], added: [] }
      open = part.added ? { ...open, added: added.slice(came, (came += part.count)) } : { ...open, removed: went }
    }
    line += went.length
    at += went.reduce((sum, one) => sum + one.length, 0)
  }
  if (open) yield open
}

const keys = (lines: readonly Buffer[]): string[] => lines.map((line) => line.toString('latin1'))
