import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A script of the tests in a process of its own, which speaks line by line. */
export class Child {
  readonly process: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #ended: Promise<unknown>

  constructor(script: URL, ...args: string[]) {
    this.process = spawn(process.execPath, [fileURLToPath(script), ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#ended = once(this.process, 'close')
    if (!this.process.stdout) throw new Error('the child has no output')
    this.#lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`the child ended: ${this.process.exitCode ?? this.process.signalCode}`)
    return value
  }

  say(line: string): void {
    this.process.stdin?.write(`${line}\n`)
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.#ended
  }

  ended(): Promise<unknown> {
    return this.#ended
  }
}
