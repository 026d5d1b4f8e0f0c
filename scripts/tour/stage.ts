import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent } from './agent.ts'
import type { Page } from './page.ts'

/** Where the tour plays: a temporary folder, with a home that was never used. */
export class Stage implements AsyncDisposable {
  /** The packages of this repository, served read-only. */
  readonly packages: string
  /** Served for work. */
  readonly work: string
  readonly page: Page
  readonly #root: string
  #agent: Agent | undefined

  private constructor(root: string, packages: string, page: Page) {
    this.#root = root
    this.packages = packages
    this.work = join(root, 'work')
    this.page = page
  }

  static async open(page: Page): Promise<Stage> {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'polymount-tour-')))
    const stage = new Stage(root, await realpath('node_modules'), page)
    await Promise.all([mkdir(stage.work), mkdir(stage.home)])
    return stage
  }

  get large(): string {
    return join(this.work, 'large.txt')
  }

  get project(): string {
    return join(this.work, 'project')
  }

  get agent(): Agent {
    if (!this.#agent) throw new Error('no gateway has been started')
    return this.#agent
  }

  get home(): string {
    return join(this.#root, 'home')
  }

  /** A gateway over the same data folder as the one before it, which ends if it has not yet. */
  async start(flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Agent> {
    await this.#agent?.[Symbol.asyncDispose]()
    return (this.#agent = await Agent.start(this.page, [`${this.packages}:ro`, this.work, '--toolsets', 'all', ...flags], { HOME: this.home, ...env }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent?.[Symbol.asyncDispose]()
    await rm(this.#root, { recursive: true, force: true })
  }
}
