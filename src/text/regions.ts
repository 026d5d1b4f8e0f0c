/** A part that was replaced: `[from, to)` of the content before stands as `[start, end)` in the content after. Lists of them are in order and apart. */
export interface Region {
  readonly from: number
  readonly to: number
  readonly start: number
  readonly end: number
}

/** A part of the content between two replacements, and how much longer it was before and will be after. */
interface Part {
  low: number
  high: number
  before: number
  after: number
}

/** The regions of two replacements in a row: those of `second` are told in places of what `first` left. */
export function compose(first: readonly Region[], second: readonly Region[]): readonly Region[] {
  if (first.length === 0) return second
  const regions: Region[] = []
  let before = 0
  let after = 0
  for (const part of joined(first, second)) {
    const [from, start] = [part.low + before, part.low + after]
    before += part.before
    after += part.after
    regions.push({ from, to: part.high + before, start, end: part.high + after })
  }
  return regions
}

/** Parts that touch become one. */
function joined(first: readonly Region[], second: readonly Region[]): Part[] {
  const parts = [
    ...first.map(({ from, to, start, end }) => ({ low: start, high: end, before: to - from - (end - start), after: 0 })),
    ...second.map(({ from, to, start, end }) => ({ low: from, high: to, before: 0, after: end - start - (to - from) })),
  ].toSorted((a, b) => a.low - b.low || a.high - b.high)
  const groups: Part[] = []
  for (const part of parts) {
    const last = groups.at(-1)
    if (!last || part.low > last.high) groups.push(part)
    else {
      last.high = Math.max(last.high, part.high)
      last.before += part.before
      last.after += part.after
    }
  }
  return groups
}

/** All that differs between two contents, as one region; none if they are the same. */
export function difference(before: Uint8Array, after: Uint8Array): Region[] {
  const shorter = Math.min(before.length, after.length)
  let head = 0
  while (head < shorter && before[head] === after[head]) head++
  let tail = 0
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  const region = { from: head, to: before.length - tail, start: head, end: after.length - tail }
  return region.from === region.to && region.start === region.end ? [] : [region]
}
