import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { bundle } from '../../build/bundle.ts'

const SOURCE = 'scripts/bench/storages/gateway.ts'

/** The gateway of this benchmark, built as the one that is published: what runs sources as they are names every function anew each time that it is made. */
export class BuiltGateway implements AsyncDisposable {
  readonly program: string
  readonly #folder: string

  private constructor(folder: string, program: string) {
    this.#folder = folder
    this.program = program
  }

  static async make(): Promise<BuiltGateway> {
    const folder = `.dist-bench-${process.pid}`
    const dist = join(folder, 'dist')
    await bundle(dist, SOURCE)
    return new BuiltGateway(folder, resolve(dist, SOURCE.replace(/\.ts$/, '.js')))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}
