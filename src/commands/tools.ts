import { describe } from '../mcp/descriptor.ts'
import type { Gateway } from '../gateway.ts'
import { factsOf, type LoadedTool } from '../registry/inventory.ts'
import { tokensOf } from '../registry/tokens.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { columns, type Io, print, printJson } from './io.ts'
import { openGatewayOf } from './open.ts'
import type { CommandLine } from './parse.ts'
import { settingsOf } from './settings.ts'
import { UsageError } from './usage-error.ts'

export async function run(line: CommandLine, io: Io): Promise<ExitCode> {
  if (line.positionals.length > 0) throw new UsageError('tools takes no arguments')
  await using gateway = await openGatewayOf(await settingsOf(line, io), [], io)
  const tools = await chosen(line, gateway)
  if (line.flags.has('json')) await printJson(io, tools.map(inventoried))
  else await print(io.stdout, columns([['TOOL', 'TOOLSET', 'CORE', 'EFFECT', 'TOKENS', 'DOES'], ...tools.map(row)]))
  return EXIT.ok
}

/** Every tool, unless the command line chooses. */
function chosen({ flags }: CommandLine, gateway: Gateway): Promise<LoadedTool[]> {
  const view = flags.has('toolsets') || flags.has('tools') ? gateway.tools : gateway.toolset('all')
  return Promise.all(Array.from(view?.tools.values() ?? [], (tool) => tool.load()))
}

const inventoried = (tool: LoadedTool): object => ({
  ...factsOf(tool),
  tokens: tokensOf(tool),
  ...describe(tool),
})

const row = (tool: LoadedTool): string[] => [tool.name, tool.toolset, tool.core === true ? 'yes' : '', tool.effect, String(tokensOf(tool)), tool.title]
