import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { execa } from 'execa'
import { requires } from './requires.ts'

/** `beforeEach(needsEngine)` of the tests that run containers. The first of them may have to build an engine, which takes minutes. */
export const needsEngine = requires('a container engine', async () => (await theEngine()).version !== '')

let lent: Promise<Engine> | undefined

/** One for the whole file; whoever asked for it gives it back at the end. */
export const theEngine = (): Promise<Engine> => (lent ??= Engine.open())

/**
 * The engine that runs on this machine, else a private one over stand-ins for the official images (scripts/containers). The
 * private one publishes ports in a network of its own.
 */
export class Engine implements AsyncDisposable {
  readonly version: string
  /** For whoever starts docker. */
  readonly env: Readonly<Record<string, string>>
  /** A process in the engine's own network; undefined where that is ours. */
  readonly pid: number | undefined
  readonly #lender: ChildProcess | undefined

  private constructor(version: string, { pid, env = {} }: Partial<Lent> = {}, lender?: ChildProcess) {
    this.version = version
    this.env = env
    this.pid = pid
    this.#lender = lender
  }

  static async open(): Promise<Engine> {
    const running = await version({}).catch(() => undefined)
    return running === undefined ? Engine.#lend() : new Engine(running)
  }

  static async #lend(): Promise<Engine> {
    const lender = spawn('bash', ['scripts/containers/engine.sh'], { stdio: 'pipe' })
    const said = text(lender.stderr)
    for await (const line of createInterface(lender.stdout)) {
      const terms = JSON.parse(line) as Lent
      await execa('bash', ['scripts/containers/stand-ins.sh'], { env: terms.env })
      return new Engine(await version(terms.env), terms, lender)
    }
    throw new Error((await said).trim())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#lender?.exitCode !== null) return
    this.#lender.stdin?.end()
    await once(this.#lender, 'exit')
  }
}

/** What engine.sh prints. */
interface Lent {
  readonly pid: number
  readonly env: Readonly<Record<string, string>>
}

const version = async (env: Readonly<Record<string, string>>): Promise<string> =>
  (await execa('docker', ['version', '--format', '{{.Server.Version}}'], { env })).stdout
