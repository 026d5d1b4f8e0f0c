import { appendFile, mkdir, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { masker } from './mask.ts'
import { MAX_LINE } from './output.ts'

const MAX_BYTES = 1 << 20
const KEPT_FILES = 3
const TAIL = 20

/** A file of lines that never grows without bound: full ones are kept as `.1` to `.3`. No secret gets into it. */
export class RotatedLog {
  readonly #file: string
  readonly #maxBytes: number
  readonly #mask: (line: string) => string
  #tail: string[] = []
  #size: number | undefined
  #written: Promise<void> = Promise.resolve()

  constructor(file: string, secrets: readonly string[], maxBytes = MAX_BYTES) {
    this.#file = file
    this.#mask = masker(secrets)
    this.#maxBytes = maxBytes
  }

  /** The last lines of the current run. */
  get tail(): readonly string[] {
    return this.#tail
  }

  begin(line: string): Promise<void> {
    this.#tail = []
    return this.write([`--- ${new Date().toISOString()} ${line}`])
  }

  /** Resolves when the lines are in the file; a log that cannot be written stops nothing. */
  write(lines: readonly string[]): Promise<void> {
    const masked = lines.map((line) => this.#masked(line))
    this.#tail = [...this.#tail, ...masked].slice(-TAIL)
    return (this.#written = this.#written.then(() => this.#append(`${masked.join('\n')}\n`)).catch(() => {}))
  }

  #masked(line: string): string {
    return `${this.#mask(line)}${line.length < MAX_LINE ? '' : '… (cut)'}`
  }

  async #append(text: string): Promise<void> {
    this.#size ??= await sizeOf(this.#file)
    if (this.#size > 0 && this.#size + text.length > this.#maxBytes) await this.#rotate()
    await appendFile(this.#file, text, { mode: 0o600 })
    this.#size += Buffer.byteLength(text)
  }

  async #rotate(): Promise<void> {
    for (let at = KEPT_FILES - 1; at >= 1; at--) await rename(`${this.#file}.${at}`, `${this.#file}.${at + 1}`).catch(() => {})
    await rename(this.#file, `${this.#file}.1`)
    this.#size = 0
  }
}

async function sizeOf(file: string): Promise<number> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  )
}

const SHOWN_BYTES = 64 * 1024

/** The end of a log, from its first whole line on. */
export async function endOfLog(file: string): Promise<string> {
  await using handle = await open(file, 'r')
  const { size } = await handle.stat()
  const start = Math.max(0, size - SHOWN_BYTES)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start)
  const text = buffer.toString('utf8', 0, bytesRead)
  return start === 0 ? text : text.slice(text.indexOf('\n') + 1)
}
