import type { Loaded } from '../config/load.ts'
import {
  configCheck,
  failed,
  type Finding,
  ipfsCheck,
  journalCheck,
  lassieChecks,
  mountChecks,
  noteChecks,
  once,
  programCheck,
  secretChecks,
  spaceCheck,
  toolsCheck,
} from './checks.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { type Io, print, printJson } from './io.ts'
import { openGatewayOf } from './open.ts'
import type { CommandLine } from './parse.ts'
import { settingsOf } from './settings.ts'

export async function run(line: CommandLine, io: Io): Promise<ExitCode> {
  const findings = once([programCheck(), ...(await look(line, io))])
  const worst = findings.some(({ status }) => status === 'failed')
  if (line.flags.has('json')) await printJson(io, { ok: !worst, findings })
  else await print(io.stdout, findings.map(told).join(''))
  return worst ? EXIT.failed : EXIT.ok
}

/** Each check needs what the one before it found in order. */
async function look(line: CommandLine, io: Io): Promise<Finding[]> {
  const loaded = await settingsOf(line, io).catch((error: unknown) => error)
  return isLoaded(loaded)
    ? [configCheck(loaded), ...(await secretChecks(loaded, io.env)), ...(await lookAtGateway(loaded, line, io))]
    : [failed('configuration', loaded)]
}

async function lookAtGateway(loaded: Loaded, line: CommandLine, io: Io): Promise<Finding[]> {
  const opened = await openGatewayOf(loaded, line.flags.get('dir') ?? [], io).catch((error: unknown) => failed('start', error))
  if ('status' in opened) return [opened]
  await using gateway = opened
  return [
    await spaceCheck(loaded.config.data_dir),
    journalCheck(gateway),
    await ipfsCheck(gateway),
    ...(await mountChecks(gateway)),
    ...(await lassieChecks(gateway)),
    ...(await noteChecks(gateway)),
    toolsCheck(gateway),
  ]
}

const isLoaded = (value: unknown): value is Loaded => typeof value === 'object' && value !== null && 'config' in value

const SIGNS = { ok: 'ok      ', warning: 'warning ', failed: 'FAILED  ' } as const

const told = ({ check, status, found, remedy }: Finding): string => `${SIGNS[status]}${check}: ${found}\n${remedy === undefined ? '' : `        → ${remedy}\n`}`
