import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { vi } from 'vitest'
import type { Connected } from './client.ts'
import type { Engine } from './containers.ts'
import { Door } from './door.ts'
import { connectHttp } from './http.ts'
import { freePort } from './s3.ts'

const WITHIN = { timeout: 60_000, interval: 250 }

/** docker-compose.yml under a name, a port and secrets of its own; its volumes go with it. */
export class Stack implements AsyncDisposable {
  readonly profile: string
  readonly token: string
  readonly #engine: Engine
  readonly #env: Readonly<Record<string, string>>
  readonly #folder: string
  readonly #door: Door | undefined
  readonly #port: number

  private constructor(profile: string, engine: Engine, folder: string, port: number, door: Door | undefined) {
    this.profile = profile
    this.token = randomBytes(16).toString('hex')
    this.#engine = engine
    this.#folder = folder
    this.#port = port
    this.#door = door
    this.#env = {
      ...engine.env,
      COMPOSE_PROJECT_NAME: `polymount-test-${process.pid}`,
      ...(profile !== 'embedded' && { COMPOSE_PROFILES: profile }), // which .env names
      GATEWAY_SECRETS: folder,
      GATEWAY_PORT: `${port}`,
    }
  }

  static async of(profile: string, engine: Engine): Promise<Stack> {
    const folder = await mkdtemp(join(tmpdir(), 'polymount-stack-'))
    const port = await freePort()
    const door = engine.pid === undefined ? undefined : await Door.open(engine.pid, port)
    return new Stack(profile, engine, folder, port, door)
  }

  /** As docs/containers.md makes them. */
  async makeSecrets(names: readonly string[]): Promise<void> {
    for (const name of names) await writeFile(join(this.#folder, name), name === 'token' ? this.token : randomBytes(32).toString('hex'), { mode: 0o644 })
  }

  async compose(...args: readonly string[]): Promise<string> {
    return (await execa('docker', ['compose', ...args], { env: this.#env })).stdout
  }

  up(): Promise<string> {
    return this.compose('up', '--detach', '--build', '--wait', '--wait-timeout', '120')
  }

  /** Containers and networks; volumes stay. */
  down(): Promise<string> {
    return this.compose('down')
  }

  /** A client of the gateway. */
  agent(token = this.token): Promise<Connected> {
    return connectHttp(`${this.url}/mcp`, 'modern', { authorization: `Bearer ${token}` })
  }

  get url(): string {
    return `http://127.0.0.1:${this.#door?.port ?? this.#port}`
  }

  /** Kills all but the first process of a container, which then ends as after a crash. Resolves when its policy has brought it back. */
  async crash(service: string): Promise<void> {
    await this.compose('exec', '-T', service, 'sh', '-c', 'kill -9 -1').catch(() => {})
    await vi.waitFor(async () => {
      const [restarts, health] = await this.#stateOf(service)
      if (restarts === '0' || health !== 'healthy') throw new Error(`${service}: ${restarts} restarts, ${health}`)
    }, WITHIN)
  }

  async #stateOf(service: string): Promise<string[]> {
    const id = await this.compose('ps', '--quiet', service)
    const { stdout } = await execa('docker', ['inspect', '--format', '{{.RestartCount}} {{.State.Health.Status}}', id], { env: this.#engine.env })
    return stdout.split(' ')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.compose('down', '--volumes', '--timeout', '2')
    await this.#door?.[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
