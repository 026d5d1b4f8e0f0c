import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { bornOf, isAlive, type Known, signalGroup, worksIn } from './identity.ts'
import { isPipe, Output, withPipe } from './output.ts'
import type { Launch, ServiceSpec } from './types.ts'

/**
 * Holds the program back until we have recorded its process: if we die before, its input ends, and so does it. The
 * process keeps its number when it becomes the program.
 */
const GATE = 'read -r go || exit 125; exec "$@" </dev/null'
const KILL_MS = 5000
const LOOK_MS = 50
/** As long as it may run for days. */
const CALM_MS = 500

export interface ProgramOptions {
  readonly pipe: string
  /** Where it works. */
  readonly folder: string
  readonly take: (lines: string[]) => Promise<void>
}

export interface StartOptions extends ProgramOptions {
  /** Durable when it resolves; only then the program begins. */
  readonly record: (known: Known) => Promise<void>
}

/** A process of ours, whether this process has started it or another one before. It leads a group of its own. */
export class Program {
  readonly known: Known
  /** Resolves with how it ended. */
  readonly ended: Promise<string>
  readonly #output: Output | undefined
  #released = false

  private constructor(known: Known, output: Output | undefined, exit: Promise<string>) {
    this.known = known
    this.#output = output
    this.ended = exit.then(async (how) => {
      if (!this.#released) await killRemains(known.pid)
      await Promise.race([output?.ended, sleep(LOOK_MS, undefined, { ref: false })])
      output?.close()
      return how
    })
  }

  static start(launch: Launch, { pipe, take, folder, record }: StartOptions): Promise<Program> {
    return withPipe(pipe, async (fd) => {
      const child = spawn('/bin/sh', ['-c', GATE, 'gate', launch.command, ...launch.args], {
        cwd: folder,
        env: launch.env,
        detached: true,
        stdio: ['pipe', fd, fd],
      })
      const exit = exitOf(child)
      child.unref()
      child.stdin?.on('error', () => {}) // it has ended already, and tells so
      try {
        const known = await knownOf(child)
        await record(known)
        child.stdin?.write('go\n')
        return new Program(known, new Output(pipe, take), exit)
      } finally {
        child.stdin?.end()
      }
    })
  }

  /** undefined if it does not run any more; then nothing that it left does either. */
  static async adopt(known: Known, { pipe, folder, take }: ProgramOptions): Promise<Program | undefined> {
    if (!(await isAlive(known))) {
      if (await worksIn(known.pid, folder)) await killRemains(known.pid)
      return undefined
    }
    const output = (await isPipe(pipe)) ? new Output(pipe, take) : undefined
    return new Program(known, output, gone(known, output))
  }

  /** False where somebody has taken its pipe away: it stands still as soon as that is full, so it can only be ended. */
  get isHeard(): boolean {
    return this.#output !== undefined
  }

  /** Asks it to end, and ends it if it does not. Resolves when nothing of it runs any more. */
  async end({ signal, graceMs }: ServiceSpec['stop']): Promise<void> {
    await this.#signalled(signal, graceMs)
    await this.#signalled('SIGKILL', KILL_MS)
  }

  /** Lets it run, for another process that takes it over. */
  release(): void {
    this.#released = true
    this.#output?.close()
  }

  async #signalled(signal: NodeJS.Signals, ms: number): Promise<void> {
    if (await isAlive(this.known)) signalGroup(this.known.pid, signal)
    const done = new AbortController()
    await Promise.race([this.ended, sleep(ms, undefined, { signal: done.signal }).catch(() => {})])
    done.abort()
  }
}

async function knownOf({ pid }: ChildProcess): Promise<Known> {
  const born = pid === undefined ? undefined : await bornOf(pid)
  if (pid === undefined || born === undefined) throw new Error('/bin/sh could not be started')
  return { pid, born }
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', ({ message }) => resolve(`could not be started (${message})`))
    child.on('exit', (code, signal) => resolve(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`))
  })
}

/**
 * Only its parent is told when a process ends; others look. Its output ends with it, unless a child of its own holds that
 * open: so they look now and then before, too.
 */
async function gone(known: Known, output: Output | undefined): Promise<string> {
  const over = new AbortController()
  void output?.ended.then(() => over.abort())
  while (!over.signal.aborted && (await isAlive(known))) await sleep(CALM_MS, undefined, { ref: false, signal: over.signal }).catch(() => {})
  while (await isAlive(known)) await sleep(LOOK_MS, undefined, { ref: false })
  return 'ended'
}

/** What a dead leader left in its group. While a group has members no process gets its number, so one that is there now is another's. */
async function killRemains(pid: number): Promise<void> {
  if ((await bornOf(pid)) === undefined) signalGroup(pid, 'SIGKILL')
}
