import { shownSettings } from '../config/shown.ts'
import { schema } from '../gateway.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { columns, type Io, print, printJson } from './io.ts'
import type { CommandLine } from './parse.ts'
import { settingsOf } from './settings.ts'

export async function run(line: CommandLine, io: Io): Promise<ExitCode> {
  const settings = shownSettings(schema, await settingsOf(line, io))
  if (line.flags.has('json')) await printJson(io, settings)
  else await print(io.stdout, columns([['SETTING', 'VALUE', 'FROM'], ...settings.map(({ key, value, origin }) => [key, JSON.stringify(value) ?? '', origin])]))
  return EXIT.ok
}
