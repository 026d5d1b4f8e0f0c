import { open } from 'node:fs/promises'

const LINES_PER_BLOCK = 16_384
const LINE_BYTES = 64

export const GIB = 1 << 30
/** Of every generated line, without its end. */
export const lineAt = (number: number): string => `line ${String(number).padStart(9, '0')} `.padEnd(LINE_BYTES - 1, '=-')

/** A text of 1 GiB whose every line says which it is. */
export async function writeGibibyte(path: string): Promise<void> {
  await using file = await open(path, 'w')
  for (let first = 1; first <= GIB / LINE_BYTES; first += LINES_PER_BLOCK)
    await file.write(Array.from({ length: LINES_PER_BLOCK }, (_, at) => `${lineAt(first + at)}\n`).join(''))
}
