/** Up to this length the worst case of Buffer.indexOf, which takes the product of both lengths, does no harm. */
const SHORT = 32

/**
 * Where a text stands in another one, in order, in time proportional to the sum of their lengths whatever they hold
 * (Knuth, Morris, Pratt: Fast Pattern Matching in Strings, 1977). Places do not overlap unless `overlapping`.
 */
export function* occurrences(bytes: Buffer, needle: Buffer, overlapping = false): Generator<number> {
  if (needle.length === 0) return
  if (needle.length > SHORT) yield* bySteps(bytes, needle, overlapping)
  else for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + (overlapping ? 1 : needle.length))) yield at
}

function* bySteps(bytes: Buffer, needle: Buffer, overlapping: boolean): Generator<number> {
  const borders = bordersOf(needle)
  const first = needle[0] ?? 0
  for (let at = 0, met = 0; at < bytes.length; at++) {
    while (met > 0 && bytes[at] !== needle[met]) met = borders[met - 1] ?? 0
    if (bytes[at] === needle[met]) met++
    else {
      at = bytes.indexOf(first, at + 1) - 1 // nothing is met: on to where something can be
      if (at < 0) return
    }
    if (met === needle.length) {
      yield at + 1 - met
      met = overlapping ? (borders[met - 1] ?? 0) : 0
    }
  }
}

/** For every beginning of the text the length of the longest shorter beginning that it ends with. */
function bordersOf(needle: Buffer): Uint32Array {
  const borders = new Uint32Array(needle.length)
  for (let at = 1, met = 0; at < needle.length; at++) {
    while (met > 0 && needle[at] !== needle[met]) met = borders[met - 1] ?? 0
    if (needle[at] === needle[met]) met++
    borders[at] = met
  }
  return borders
}
