import { execFile } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { lstat, rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import { promisify } from 'node:util'

/** Of a longer line the beginning is taken. */
export const MAX_LINE = 8192

/**
 * What a program says goes through a named pipe in its folder: it outlives whoever reads it, a program that is read by
 * nobody for a while is not ended by that, and its next reader loses nothing. The end of the pipe is the end of the program.
 */
export class Output {
  readonly ended: Promise<void>
  readonly #socket: Socket
  readonly #decoder = new StringDecoder('utf8')
  #line = ''

  /** `take` gets whole lines, of which the longest are cut (MAX_LINE), and no more before it resolves: a flood waits in the program. */
  constructor(file: string, take: (lines: string[]) => Promise<void>) {
    this.#socket = new Socket({ fd: openSync(file, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false })
    this.#socket.unref()
    this.ended = this.#read(take)
  }

  close(): void {
    this.#socket.destroy()
  }

  async #read(take: (lines: string[]) => Promise<void>): Promise<void> {
    try {
      for await (const chunk of this.#socket) {
        const lines = this.#lines(this.#decoder.write(chunk))
        if (lines.length > 0) await take(lines)
      }
    } catch {
      // closed by us
    }
    if (this.#line !== '') await take([this.#line])
  }

  /** What is no text, or has no end of line, must not fill the memory: the rest of a very long line is dropped. */
  #lines(text: string): string[] {
    const [first = '', ...rest] = text.split(/\r?\n/)
    this.#extend(first)
    return rest.map((start) => {
      const line = this.#line
      this.#line = ''
      this.#extend(start)
      return line
    })
  }

  #extend(text: string): void {
    this.#line = (this.#line + text).slice(0, MAX_LINE)
  }
}

export const isPipe = async (file: string): Promise<boolean> => (await lstat(file).catch(() => undefined))?.isFIFO() === true

/** Makes the pipe and gives its writing end to `use`: it is held open until the program has it. */
export async function withPipe<T>(file: string, use: (fd: number) => Promise<T>): Promise<T> {
  if (!(await isPipe(file))) {
    await rm(file, { recursive: true, force: true })
    await promisify(execFile)('mkfifo', ['-m', '600', file])
  }
  const fd = openSync(file, constants.O_RDWR)
  try {
    return await use(fd)
  } finally {
    closeSync(fd)
  }
}
