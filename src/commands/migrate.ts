import { prepareDataFolder } from '../config/folder.ts'
import { EventBus } from '../core/events.ts'
import type { Carried, Migrated } from '../ipfs/migrate/index.ts'
import type { Engine } from '../ipfs/types.ts'
import { formatSize } from '../text/encoding.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { columns, type Io, print, printJson } from './io.ts'
import { logTo } from './open.ts'
import type { CommandLine } from './parse.ts'
import { settingsOf } from './settings.ts'
import { interrupted } from './stop.ts'
import { UsageError } from './usage-error.ts'

/** Carries everything from one engine to the other. What is there stays there: the source is never changed. */
export async function migrate(line: CommandLine, io: Io): Promise<ExitCode> {
  const [to] = line.flags.get('to') ?? []
  if (line.positionals.length > 0 || (to !== 'kubo' && to !== 'embedded')) throw new UsageError('ipfs migrate takes --to kubo or --to embedded')
  const { config } = await settingsOf(line, io)
  const { openSides } = await import('../engines/sides.ts')
  const { migrate: carry } = await import('../ipfs/migrate/index.ts')
  await prepareDataFolder(config.data_dir)
  await using sides = await openSides(config, { env: io.env, home: io.home, events: new EventBus(), log: logTo(io) })
  const done = await carry(sides[to === 'kubo' ? 'embedded' : 'kubo'], sides[to], { signal: interrupted(io) })
  if (line.flags.has('json')) await printJson(io, done)
  else await print(io.stdout, told(done, to))
  return [done.pins, done.mfs, done.keys, done.names].some(({ left }) => left.length > 0) ? EXIT.failed : EXIT.ok
}

function told({ pins, mfs, keys: ring, names, blocks, bytes }: Migrated, to: Engine): string {
  const left = [pins, mfs, ring, names].flatMap((part) => part.left).map((reason) => `left: ${reason}\n`)
  const root = mfs.same ? `the root of /mfs is the same on both: ${mfs.root}` : `the roots of /mfs differ: that of ${to} is ${mfs.root}`
  const next = `To use it, set ipfs.engine to ${to === 'kubo' ? 'kubo, or to the URL of the daemon' : to}.`
  return `${columns([row('pins', pins), row('/mfs', mfs), row('keys', ring), row('names', names)])}${left.join('')}${blocks} blocks, ${formatSize(bytes)}; ${root}\n${next}\n`
}

const row = (what: string, { carried, already, left }: Carried): string[] => [what, `${carried} carried`, `${already} there already`, `${left.length} left`]
