/** With their ends. */
export function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = lineEnd(bytes, at)
    lines.push(bytes.subarray(at, end))
    at = end
  }
  return lines
}

/** Where the line that holds a place begins. */
export const lineStart = (bytes: Buffer, at: number): number => (at === 0 ? 0 : bytes.lastIndexOf(10, at - 1) + 1)

/** Behind the end of the line that holds a place. */
export function lineEnd(bytes: Buffer, at: number): number {
  const newline = bytes.indexOf(10, at)
  return newline < 0 ? bytes.length : newline + 1
}

/** Line ends in `[from, to)`. */
export function countEnds(bytes: Uint8Array, from: number, to: number): number {
  let ends = 0
  for (let at = bytes.indexOf(10, from); at >= 0 && at < to; at = bytes.indexOf(10, at + 1)) ends++
  return ends
}
