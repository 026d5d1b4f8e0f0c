import type { Collected, CollectOptions, Count, Reason } from '../content/collect/types.ts'
import type { Config } from '../config/schema.ts'
import { durationOf } from '../core/duration.ts'
import { VfsError } from '../core/error.ts'
import type { Gateway } from '../gateway.ts'
import type { CollectedRepository } from '../ipfs/kubo/index.ts'
import { formatSize } from '../text/encoding.ts'
import type { LetGo } from '../vfs/retention.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { columns, type Io, print, printJson } from './io.ts'
import { openGatewayOf } from './open.ts'
import type { CommandLine } from './parse.ts'
import { settingsOf } from './settings.ts'
import { interrupted } from './stop.ts'
import { UsageError } from './usage-error.ts'

/** Beside gateways that serve, on the data folder that they share. */
export async function run(line: CommandLine, io: Io): Promise<ExitCode> {
  if (line.positionals.length > 0) throw new UsageError('gc takes no arguments')
  const dryRun = line.flags.has('dry-run')
  const before = limitOf(line)
  const { config, ...loaded } = await settingsOf(line, io)
  await using gateway = await openGatewayOf({ ...loaded, config: quiet(config) }, line.flags.get('dir') ?? [], io)
  const options = { before, dryRun, signal: interrupted(io), onProgress: progressOn(io) }
  const { letGo, ...collected } = await gateway.collect(options)
  const daemon = await ofDaemon(gateway, options)
  if (line.flags.has('json')) await printJson(io, { dry_run: dryRun, let_go: letGo, ...collected, ...(daemon && { daemon }) })
  else await print(io.stdout, told({ ...collected, letGo }, daemon, dryRun))
  return daemon && 'code' in daemon && daemon.code !== 'UNSUPPORTED' ? EXIT.failed : EXIT.ok
}

function limitOf({ flags }: CommandLine): Date | undefined {
  const text = flags.get('keep-within')?.at(-1)
  if (text === undefined) return undefined
  const ms = durationOf(text)
  if (ms === undefined) throw new UsageError('--keep-within takes a time such as 48h, 90d or 52w')
  return new Date(Date.now() - ms)
}

/** The node in this process needs no network to collect; a daemon is started with the settings that its gateways give it. */
const quiet = (config: Config): Config => (config.ipfs.engine === 'embedded' ? { ...config, ipfs: { ...config.ipfs, network: 'off' } } : config)

type Daemon = CollectedRepository | Pick<VfsError, 'code' | 'message' | 'hint'> | undefined

/** What goes wrong there does not take back what was freed here. */
async function ofDaemon(gateway: Gateway, options: CollectOptions): Promise<Daemon> {
  try {
    return await gateway.collectDaemon(options)
  } catch (error) {
    if (!(error instanceof VfsError) || error.code === 'CANCELLED') throw error
    return { code: error.code, message: error.message, hint: error.hint }
  }
}

const KEPT: Readonly<Record<Reason, string>> = {
  pin: 'kept by pins',
  mfs: 'kept by /mfs',
  sync: 'kept so that the next sync goes on from the last one',
  trash: 'kept as removed or replaced in /mfs',
  version: 'kept as versions',
  recent: 'kept for what is under way',
}

function told({ letGo, freed, kept, missing }: Collected & { readonly letGo: LetGo }, daemon: Daemon, dryRun: boolean): string {
  const gone = dryRun ? 'would be freed' : 'freed'
  const rows = [...past(letGo, dryRun), counted(gone, freed), ...Object.entries(KEPT).map(([reason, words]) => counted(words, kept[reason as Reason]))]
  const lost = missing > 0 ? `${missing} nodes are not on this machine; what lies only below them was not kept\n` : ''
  if (!daemon) return columns(rows) + lost
  if ('code' in daemon) return `${columns(rows)}${lost}daemon: ${daemon.code}: ${daemon.message}\n  ${daemon.hint}\n`
  return columns([...rows, counted(`${gone} in the daemon`, daemon.freed), counted('kept in the daemon', daemon.kept)]) + lost
}

/** Most collections let nothing go, and say nothing of it. */
function past({ changes, bytes, unreachable }: LetGo, dryRun: boolean): string[][] {
  const gone = [dryRun ? 'would be let go' : 'let go', `${changes} changes`, formatSize(bytes)]
  const left = ['kept where nothing is mounted or answers', `${unreachable} changes`, '']
  return [...(changes > 0 ? [gone] : []), ...(unreachable > 0 ? [left] : [])]
}

const counted = (words: string, { blocks, bytes }: Count): string[] => [words, `${blocks} blocks`, formatSize(bytes)]

/** A person who waits sees how far it is; a script sees nothing. */
function progressOn({ stderr }: Io): CollectOptions['onProgress'] {
  if (!('isTTY' in stderr && stderr.isTTY)) return undefined
  return (phase, blocks) => void stderr.write(`\r${phase === 'mark' ? 'looking for what is needed' : 'sweeping'}: ${blocks} blocks\u001B[K\r`)
}
