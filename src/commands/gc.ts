import type { Collected, CollectOptions, Count, Reason } from '../content/collect/types.ts'
import { formatSize } from '../text/encoding.ts'
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
  const { config, ...loaded } = await settingsOf(line, io)
  await using gateway = await openGatewayOf({ ...loaded, config: { ...config, ipfs: { ...config.ipfs, network: 'off' } } }, [], io)
  const collected = await gateway.collect({ dryRun, signal: interrupted(io), onProgress: progressOn(io) })
  await (line.flags.has('json') ? printJson(io, { dry_run: dryRun, ...collected }) : print(io.stdout, told(collected, dryRun)))
  return EXIT.ok
}

const KEPT: Readonly<Record<Reason, string>> = {
  pin: 'kept by pins',
  mfs: 'kept by /mfs',
  sync: 'kept so that the next sync goes on from the last one',
  trash: 'kept as removed or replaced in /mfs',
  version: 'kept as versions',
  recent: 'kept for what is under way',
}

function told({ freed, kept, missing }: Collected, dryRun: boolean): string {
  const rows = [counted(dryRun ? 'would be freed' : 'freed', freed), ...Object.entries(KEPT).map(([reason, words]) => counted(words, kept[reason as Reason]))]
  return columns(rows) + (missing > 0 ? `${missing} nodes are not on this machine; what lies only below them was not kept\n` : '')
}

const counted = (words: string, { blocks, bytes }: Count): string[] => [words, `${blocks} blocks`, formatSize(bytes)]

/** A person who waits sees how far it is; a script sees nothing. */
function progressOn({ stderr }: Io): CollectOptions['onProgress'] {
  if (!('isTTY' in stderr && stderr.isTTY)) return undefined
  return (phase, blocks) => void stderr.write(`\r${phase === 'mark' ? 'looking for what is needed' : 'sweeping'}: ${blocks} blocks\u001B[K\r`)
}
