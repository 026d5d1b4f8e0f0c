import { open } from 'node:fs/promises'

const LINE_BYTES = 64
const LINES = (1 << 30) / LINE_BYTES
const LINES_AT_ONCE = 16_384

export const MIDDLE = LINES / 2

/** Without its end. */
export const lineAt = (number: number): string => `line ${String(number).padStart(9, '0')} `.padEnd(LINE_BYTES - 1, '=-')

/** A text of 1 GiB whose every line says which it is. */
export async function writeGibibyte(path: string): Promise<void> {
  await using file = await open(path, 'w')
  for (let first = 1; first <= LINES; first += LINES_AT_ONCE)
    await file.write(Array.from({ length: LINES_AT_ONCE }, (_, at) => `${lineAt(first + at)}\n`).join(''))
}
