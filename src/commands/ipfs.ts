import { EXIT, type ExitCode } from './exit.ts'
import { columns, type Io, print, printJson } from './io.ts'
import { migrate } from './migrate.ts'
import { openGatewayOf } from './open.ts'
import type { CommandLine } from './parse.ts'
import { settingsOf } from './settings.ts'
import { UsageError } from './usage-error.ts'

const VERBS: ReadonlyMap<string, (line: CommandLine, io: Io) => Promise<ExitCode>> = new Map([
  ['keys', keys],
  ['migrate', migrate],
])

/** What a person does with the IPFS node, and no agent may. */
export async function run(line: CommandLine, io: Io): Promise<ExitCode> {
  const [word = '', ...positionals] = line.positionals
  const verb = VERBS.get(word)
  if (!verb) throw new UsageError(`ipfs takes one of: ${[...VERBS.keys()].join(', ')}`)
  return verb({ ...line, positionals }, io)
}

/** Lists the keys that names are signed with, or makes one. */
async function keys(line: CommandLine, io: Io): Promise<ExitCode> {
  const [make, name, ...rest] = line.positionals
  if ((make !== undefined && make !== 'make') || (make === 'make' && name === undefined) || rest.length > 0)
    throw new UsageError('ipfs keys takes nothing, or: make NAME')
  await using gateway = await openGatewayOf(await settingsOf(line, io), [], io)
  const { names } = gateway.ipfs
  const told = name === undefined ? await names.keys() : [await names.makeKey(name)]
  if (line.flags.has('json')) await printJson(io, told)
  else await print(io.stdout, columns([['KEY', 'NAME'], ...told.map((key) => [key.name, `/ipns/${key.id}`])]))
  return EXIT.ok
}
