import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Database } from '../../src/sqlite/database.ts'
import { type Connected, connected, type Era, newClient } from './client.ts'

const LAUNCHER = resolve('bin/polymount.cjs')

/** A machine on which nothing was ever set: an empty home, and a folder to work in. */
export interface Place extends AsyncDisposable {
  readonly home: string
  readonly work: string
  readonly env: Record<string, string>
}

export async function emptyPlace(): Promise<Place> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'polymount-e2e-')))
  const [home, work] = [join(root, 'home'), join(root, 'work')]
  await Promise.all([mkdir(home), mkdir(work)])
  return { home, work, env: { HOME: home, PATH: process.env['PATH'] ?? '' }, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) }
}

/** For what was left the time goes by in which it may still come. */
export const later = ({ home }: Place): void => laterIn(join(home, '.local/share/polymount'))

export function laterIn(dataFolder: string): void {
  const journal = new Database(join(dataFolder, 'journal.db'))
  journal.run('update change set left_at = ifnull(left_at, ?) - 3600000 where owner is not null', Date.now())
  journal.close()
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface ProgramOptions {
  readonly env?: Record<string, string>
  readonly cwd?: string
  readonly input?: string
}

export const start = (place: Place, args: readonly string[], { env = {}, cwd = place.work }: ProgramOptions = {}): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, [LAUNCHER, ...args], { cwd, env: { ...place.env, ...env } })

/** Runs the program to its end. */
export async function run(place: Place, args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  const child = start(place, args, options)
  child.stdin.end(options.input ?? '')
  return ended(child)
}

export async function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close') as Promise<[number | null]>, text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr }
}

export interface Host extends Connected {
  readonly pid: number
}

/** An agent's host: starts the program and speaks MCP with it over stdio. */
export async function host(place: Place, args: readonly string[], { env = {}, cwd = place.work }: ProgramOptions = {}, era: Era = 'legacy'): Promise<Host> {
  const transport = new StdioClientTransport({ command: process.execPath, args: [LAUNCHER, ...args], cwd, env: { ...place.env, ...env }, stderr: 'pipe' })
  const client = newClient('e2e', era)
  await client.connect(transport)
  return Object.assign(
    connected(client, async () => {}),
    { pid: transport.pid ?? 0 },
  )
}
