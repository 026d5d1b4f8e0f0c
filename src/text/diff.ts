import { type Change, changes, type Sides } from './changes.ts'
import { lineEnd, lineStart, splitLines } from './split.ts'

type Show = (bytes: Uint8Array) => string

const CONTEXT = 3
const MAX_LINE = 400
const SHORTEST = 2 // characters of a change: a mark and a line end
const CR = '␍' // shown where the lines of one change end in different ways: they would look alike

/** A unified diff without file names, of at most `limit` characters; its last line says if there was more. */
export function unifiedDiff(sides: Sides, show: Show, limit: number): string {
  const out: string[] = []
  let length = 0
  for (const line of diffLines(sides, show, limit / SHORTEST)) {
    length += line.length + 1
    if (length > limit - 60) return [...out, '[the diff is longer; it was cut here]'].join('\n')
    out.push(line)
  }
  return out.join('\n')
}

/** Of changes near each other no more than `most` are told. */
function* diffLines(sides: Sides, show: Show, most: number): Generator<string> {
  let group: Change[] = []
  let shift = 0
  for (const change of changes(sides)) {
    const last = group.at(-1)
    if (group.length > most) break
    if (last && change.line - (last.line + last.removed.length) > 2 * CONTEXT) {
      yield* hunk(sides.before, group, shift, show)
      shift += grown(group)
      group = []
    }
    group.push(change)
  }
  yield* hunk(sides.before, group, shift, show)
}

const grown = (group: readonly Change[]): number => group.reduce((sum, { removed, added }) => sum + added.length - removed.length, 0)
const bytesOf = (lines: readonly Buffer[]): number => lines.reduce((sum, line) => sum + line.length, 0)

/** Changes near each other, with the lines around them. `shift`: how many lines the content has grown before them. */
function* hunk(before: Buffer, group: readonly Change[], shift: number, show: Show): Generator<string> {
  const [head] = group
  if (!head) return
  const body: string[][] = [] // not spread into calls: a change may have more lines than a call takes arguments
  let lines = 0
  let at = linesBack(before, head.at)
  const first = head.line - splitLines(before.subarray(at, head.at)).length
  const context = (to: number): void => {
    const same = splitLines(before.subarray(at, to))
    lines += same.length
    body.push(same.flatMap((line) => shownLine(' ', line, show)))
  }
  for (const change of group) {
    context(change.at)
    body.push(shownChange(change, show))
    lines += change.removed.length
    at = change.at + bytesOf(change.removed)
  }
  context(linesOn(before, at))
  yield `@@ -${range(first, lines)} +${range(first + shift, lines + grown(group))} @@`
  for (const part of body) yield* part
}

/** A range of no lines is named by the line before it. */
const range = (first: number, count: number): string => `${count === 0 ? first : first + 1}${count === 1 ? '' : `,${count}`}`

function shownChange({ removed, added }: Change, show: Show): string[] {
  const [one, other] = [removed[0], added[0]]
  const from = one && other && removed.length === 1 && added.length === 1 ? sameUpTo(one, other) : 0
  const cr = [...removed, ...added].every((line) => isCrLf(line) === isCrLf(removed[0] ?? line)) ? '' : CR
  const lines = (mark: string, of: readonly Buffer[]): string[] => of.flatMap((line) => shownLine(mark, line, show, { from, cr }))
  return [...lines('-', removed), ...lines('+', added)]
}

const isCrLf = (line: Buffer): boolean => line.at(-1) === 10 && line.at(-2) === 13

function sameUpTo(one: Buffer, other: Buffer): number {
  let at = 0
  while (at < one.length && one[at] === other[at]) at++
  return at
}

/** Of a long line only the part around `from`, where it changes; `cr` is what stands for the carriage return of its end. */
function shownLine(mark: string, line: Buffer, show: Show, { from = 0, cr = '' } = {}): string[] {
  const ended = line.at(-1) === 10
  const length = ended ? line.length - 1 : line.length
  const start = length > MAX_LINE ? Math.max(0, Math.min(from - MAX_LINE / 4, length - MAX_LINE)) : 0
  const end = Math.min(start + MAX_LINE, length)
  const text = mark + (start > 0 ? '…' : '') + show(line.subarray(start, end)).replace(/\r$/, cr) + (end < length ? '…' : '')
  return ended ? [text] : [text, '\\ No newline at end of file']
}

function linesBack(bytes: Buffer, at: number): number {
  let start = at
  for (let i = 0; i < CONTEXT && start > 0; i++) start = lineStart(bytes, start - 1)
  return start
}

function linesOn(bytes: Buffer, at: number): number {
  let end = at
  for (let i = 0; i < CONTEXT && end < bytes.length; i++) end = lineEnd(bytes, end)
  return end
}
