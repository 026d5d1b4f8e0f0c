import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { EventBus } from '../../src/core/events.ts'
import { bornOf } from '../../src/services/identity.ts'
import { Supervisor } from '../../src/services/supervisor.ts'
import type { Timing } from '../../src/services/timing.ts'
import type { ServiceSpec, ServiceStatus } from '../../src/services/types.ts'

const SCRIPT = fileURLToPath(new URL('../integration/services/echo.ts', import.meta.url))

/** Quick enough for a test; nothing here depends on how quick. */
const QUICK: Partial<Timing> = { backoffMs: 20, healthMs: 50, answerMs: 5000, lookMs: 30, brokenGraceMs: 100 }

export interface EchoOptions extends Partial<ServiceSpec> {
  readonly mode?: string
}

/** The spec of the tiny service of the tests. */
export const echo = ({ mode = '', name = 'echo', ...rest }: EchoOptions = {}): ServiceSpec => ({
  name,
  dependsOn: [],
  ports: ['api'],
  settings: mode,
  ready: /READY$/,
  startMs: 20_000,
  longestStartMs: 60_000,
  stop: { signal: 'SIGTERM', graceMs: 5000 },
  prepare: async ({ ports, secret }) => ({
    command: process.execPath,
    args: [SCRIPT],
    env: { PORT: String(ports['api']), SECRET: secret, MODE: mode },
    notes: [],
  }),
  url: async ({ ports }) => `http://127.0.0.1:${ports['api']}`,
  health: async ({ url }, { signal }) => void (await (await fetch(`${url}/health`, { signal: signal ?? null })).text()),
  ...rest,
})

export interface Supervised extends AsyncDisposable {
  readonly services: Supervisor
  readonly folder: string
  readonly events: string[]
  status(name?: string): Promise<ServiceStatus>
  /** The status once it is so. */
  until(wanted: (status: ServiceStatus) => boolean, name?: string): Promise<ServiceStatus>
}

export async function supervise(specs: readonly ServiceSpec[], folder: string, timing: Partial<Timing> = {}): Promise<Supervised> {
  const bus = new EventBus()
  const events: string[] = []
  bus.on('service', ({ name, state }) => events.push(`${name} ${state}`))
  const failed: unknown[] = []
  const services = await Supervisor.open({ folder, specs, events: bus, log: (...what) => failed.push(what), timing: { ...QUICK, ...timing } })
  const status = async (name = 'echo'): Promise<ServiceStatus> => {
    const found = (await services.status()).find((each) => each.name === name)
    if (!found) throw new Error(`no service ${name}`)
    return found
  }
  return {
    services,
    folder,
    events,
    status,
    async until(wanted, name) {
      for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(10)) {
        const now = await status(name)
        if (wanted(now)) return now
      }
      throw new Error(`never so; last: ${JSON.stringify(await status(name))} ${String(failed)}`)
    },
    async [Symbol.asyncDispose]() {
      await services[Symbol.asyncDispose]()
      if (failed.length > 0) throw new Error(`the supervisor reported: ${JSON.stringify(failed)} ${String(failed)}`)
    },
  }
}

export async function dataFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'polymount-services-')))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Not so for one that has ended and waits for a parent that never asks. */
export const isRunning = async (pid: number): Promise<boolean> => (await bornOf(pid)) !== undefined
