import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { main } from '../../src/commands/main.ts'
import type { Ended, Place, ProgramOptions } from './program.ts'

/** A command in this process, with streams in place of those of a terminal. */
export function command(place: Place, args: readonly string[], { env = {}, cwd = place.work, input }: ProgramOptions = {}) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const signals = new EventEmitter()
  if (input !== undefined) stdin.end(input)
  const code = main(args, { stdin, stdout, stderr, env: { ...place.env, ...env }, cwd, home: place.home, program: ['polymount'], signals })
  return { stdin, stdout, stderr, signals, code }
}

/** As `run` of program.ts, but without a process. */
export async function runHere(place: Place, args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  const { stdout, stderr, code } = command(place, args, { input: '', ...options })
  const said = Promise.all([text(stdout), text(stderr)])
  const ended = await code
  stdout.end()
  stderr.end()
  const [out, err] = await said
  return { code: ended, stdout: out, stderr: err }
}
