import { CODES } from '../core/codes.ts'
import { VfsError } from '../core/error.ts'
import { nearest } from '../core/nearest.ts'
import { VERSION } from '../core/version.ts'
import { EXIT, type ExitCode } from './exit.ts'
import type { CommandName } from './flags.ts'
import { help } from './help.ts'
import { type Io, print } from './io.ts'
import { type CommandLine, COMMANDS, parseCommandLine } from './parse.ts'
import { UsageError } from './usage-error.ts'

type Run = (line: CommandLine, io: Io) => Promise<ExitCode>

/** Each is loaded when it is asked for: what a command does not need costs its start nothing. */
const RUNS: Readonly<Record<CommandName, () => Promise<{ readonly run: Run }>>> = {
  serve: () => import('./serve.ts'),
  call: () => import('./call.ts'),
  tools: () => import('./tools.ts'),
  ipfs: () => import('./ipfs.ts'),
  gc: () => import('./gc.ts'),
  services: () => import('./services.ts'),
  backends: () => import('./backends.ts'),
  doctor: () => import('./doctor.ts'),
  config: () => import('./config.ts'),
}

/** Never rejects: what went wrong is told on stderr, in a line for what it is and one for what to do. */
export async function main(args: readonly string[], io: Io): Promise<ExitCode> {
  try {
    const line = parseCommandLine(args)
    if (line.wants) {
      await print(io.stdout, `${line.wants === 'help' ? help() : VERSION}\n`)
      return EXIT.ok
    }
    const { run } = await RUNS[line.command]()
    return await run(line, io)
  } catch (error) {
    await print(io.stderr, `polymount: ${told(error, args)}\n`)
    return exitOf(error)
  }
}

function exitOf(error: unknown): ExitCode {
  return error instanceof UsageError || (error instanceof VfsError && CODES[error.code].category === 'startup') ? EXIT.usage : EXIT.failed
}

function told(error: unknown, args: readonly string[]): string {
  if (error instanceof UsageError) return `${error.message}\n  polymount --help shows what there is`
  if (error instanceof VfsError) return `${error.code}: ${error.message}\n  ${commandMeant(args) ?? error.hint}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** A mistyped command was taken for a folder. */
function commandMeant([first = '']: readonly string[]): string | undefined {
  const meant = /^[a-z]+$/.test(first) ? nearest(first, COMMANDS) : undefined
  return meant === undefined || meant === first ? undefined : `Did you mean the command ${meant}?`
}
