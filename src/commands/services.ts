import { setTimeout as sleep } from 'node:timers/promises'
import { prepareDataFolder } from '../config/folder.ts'
import { EventBus } from '../core/events.ts'
import { serviceSpecs } from '../engines/specs.ts'
import { told } from '../services/describe.ts'
import { endOfLog } from '../services/log.ts'
import { logFileOf } from '../services/member.ts'
import { Supervisor } from '../services/supervisor.ts'
import type { ServiceStatus, Wish } from '../services/types.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { columns, type Io, print, printJson } from './io.ts'
import { logTo } from './open.ts'
import type { CommandLine } from './parse.ts'
import { settingsOf } from './settings.ts'
import { UsageError } from './usage-error.ts'

const OF_ONE = ['start', 'stop', 'restart', 'logs'] as const
const WAIT_MS = 90_000
const LOOK_MS = 100

/** The programs beside us, whichever process supervises them. */
export async function run(line: CommandLine, io: Io): Promise<ExitCode> {
  const [word = 'list', name, ...rest] = line.positionals
  const verb = OF_ONE.find((each) => each === word)
  if ((verb === undefined && word !== 'list') || (verb === undefined) !== (name === undefined) || rest.length > 0)
    throw new UsageError(`services takes list, or one of ${OF_ONE.join(', ')} and a name`)
  const { config } = await settingsOf(line, io)
  await prepareDataFolder(config.data_dir)
  const specs = serviceSpecs(config, io.env)
  await using services = await Supervisor.open({ folder: config.data_dir, specs, events: new EventBus(), log: logTo(io) })
  if (verb === undefined) return await list(services, line, io)
  const known = specs.find((spec) => spec.name === name)
  if (!known) throw new UsageError(`there is no service ${name}; there is ${specs.map((spec) => spec.name).join(', ')}`)
  return await (verb === 'logs' ? logs(config.data_dir, known.name, io) : wish(services, known.name, verb, io))
}

async function list(services: Supervisor, line: CommandLine, io: Io): Promise<ExitCode> {
  const all = await services.status()
  if (line.flags.has('json')) await printJson(io, all)
  else await print(io.stdout, columns([HEAD, ...all.map(row)]) + all.map(remarks).join(''))
  return EXIT.ok
}

const HEAD = ['SERVICE', 'STATE', 'PID', 'UP', 'RESTARTS', 'CPU', 'MEMORY', 'HANDLES', 'ADDRESS']

const row = ({ name, state, pid, startedAt, restarts, usage, url }: ServiceStatus): string[] => [
  name,
  state,
  String(pid ?? ''),
  startedAt === null ? '' : duration(Date.now() - startedAt),
  String(restarts),
  usage === null ? '' : `${usage.cpu} %`,
  usage === null ? '' : `${Math.round(usage.memory / 2 ** 20)} MiB`,
  String(usage?.handles ?? ''),
  url ?? '',
]

function remarks(status: ServiceStatus): string {
  const { name, supervisor, pid, notes, tail, reason } = status
  const left = pid !== null && supervisor === null ? ['nobody supervises it now; the next polymount that needs it takes it over'] : []
  const why = reason === null && !status.held ? [] : [told(status, Date.now())]
  return [...why, ...left, ...notes.map((note) => `${name}: ${note}`), ...tail.map((text) => `  ${text}`)].map((text) => `${text}\n`).join('')
}

function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  return minutes < 1 ? `${Math.floor(ms / 1000)} s` : minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`
}

async function logs(folder: string, name: string, io: Io): Promise<ExitCode> {
  const file = logFileOf(folder, name)
  const text = await endOfLog(file).catch(() => undefined)
  if (text === undefined) await print(io.stderr, `polymount: ${name} has written no log yet (${file})\n`)
  else await print(io.stdout, text)
  return EXIT.ok
}

/** Tells the process that supervises, and waits for what comes of it. */
async function wish(services: Supervisor, name: string, verb: Wish, io: Io): Promise<ExitCode> {
  await services.wish(name, verb)
  const status = await outcome(services, name, verb)
  const idle = status.supervisor === null && verb !== 'stop'
  await print(io.stdout, idle ? `${name} starts with the next polymount of this data folder that needs it\n` : `${told(status, Date.now())}\n`)
  return idle || isReached(status, verb) ? EXIT.ok : EXIT.failed
}

async function outcome(services: Supervisor, name: string, verb: Wish): Promise<ServiceStatus> {
  for (const deadline = Date.now() + WAIT_MS; ; await sleep(LOOK_MS)) {
    const status = (await services.status()).find((each) => each.name === name)
    if (!status) throw new TypeError(`no status of ${name}`)
    const isOver = !status.pending && (status.state === 'failed' || isReached(status, verb))
    if (status.supervisor === null || isOver || Date.now() > deadline) return status
  }
}

const isReached = ({ state }: ServiceStatus, verb: Wish): boolean => state === (verb === 'stop' ? 'stopped' : 'ready')
