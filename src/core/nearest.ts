import { distance } from 'fastest-levenshtein'

/** The candidate that a mistyped word most likely meant, or undefined if none is near: at most every second letter wrong. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: { readonly name: string; readonly far: number } | undefined
  for (const name of candidates) {
    const far = distance(word.toLowerCase(), name.toLowerCase())
    if (far <= Math.max(word.length, name.length) * 0.5 && (!best || far < best.far)) best = { name, far }
  }
  return best?.name
}
