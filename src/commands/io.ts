import type { EventEmitter } from 'node:events'
import type { Readable, Writable } from 'node:stream'

/** What a command has of the process that runs it. */
export interface Io {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly home: string
  /** How this program is started, for a host's configuration. */
  readonly program: readonly string[]
  /** Emits SIGINT, SIGTERM and SIGHUP. */
  readonly signals: Pick<EventEmitter, 'on' | 'off'>
}

/** Resolves once the text is out, so that a process may end after it. */
export const print = (to: Writable, text: string | Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => to.write(text, (error) => (error ? reject(error) : resolve())))

export const printJson = (io: Io, value: unknown): Promise<void> => print(io.stdout, `${JSON.stringify(value, null, 2)}\n`)

/** Lines with columns as wide as their widest cell. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
