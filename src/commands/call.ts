import { buffer } from 'node:stream/consumers'
import { render, RESULT_KEY } from '../mcp/render.ts'
import { sessionId } from '../mcp/session.ts'
import { vfsPath } from '../core/path.ts'
import { VERSION } from '../core/version.ts'
import type { Gateway } from '../gateway.ts'
import type { Outcome } from '../registry/envelope.ts'
import type { ToolView } from '../registry/registry.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { type Io, printJson } from './io.ts'
import { openGatewayOf } from './open.ts'
import type { CommandLine } from './parse.ts'
import { printRaw } from './raw.ts'
import { settingsOf } from './settings.ts'
import { interrupted } from './stop.ts'
import { UsageError } from './usage-error.ts'

export async function run(line: CommandLine, io: Io): Promise<ExitCode> {
  const [tool, json = '{}', ...rest] = line.positionals
  if (tool === undefined || rest.length > 0) throw new UsageError('call takes the name of a tool and its arguments: polymount call TOOL [JSON|-]')
  const args = parseArguments(json === '-' ? (await buffer(io.stdin)).toString() : json)
  await using gateway = await openGatewayOf(await settingsOf(line, io), line.flags.get('dir') ?? [], io)
  const caller = { actor: { client: 'cli', clientVersion: VERSION, session: sessionId() }, signal: interrupted(io) }
  const invoke = (given: object): Promise<Outcome> => offered(line, gateway).invoke(tool, given, caller)
  if (line.flags.has('raw')) {
    const holds = (path: string, etag: string): Promise<boolean> => gateway.vfs.copies.holds({ path: vfsPath(path), etag }, caller)
    await printRaw({ call: invoke, holds }, args, await shapeOf(tool, gateway), io)
    return EXIT.ok
  }
  const outcome = await invoke(args)
  await printJson(io, shown(outcome))
  return outcome.ok ? EXIT.ok : EXIT.failed
}

/** The arguments that a tool has. */
const shapeOf = async (tool: string, { registry }: Gateway): Promise<object> => (await registry.tools.get(tool)?.load())?.input.shape ?? {}

/** Every tool, unless the command line chooses. */
const offered = ({ flags }: CommandLine, { tools, registry }: Gateway): Pick<ToolView, 'invoke'> =>
  ['toolsets', 'tools', 'exclude-tools'].some((flag) => flags.has(flag)) ? tools : registry

function parseArguments(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json)
    if (isObject(value)) return value
  } catch (error) {
    throw new UsageError(`the arguments are not JSON: ${(error as Error).message}`)
  }
  throw new UsageError('the arguments must be a JSON object, such as \'{"path":"/local"}\'')
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The structured result, and what an MCP client would get beside it. */
function shown(outcome: Outcome): unknown {
  const { structuredContent, content, isError, _meta } = render(outcome)
  const copies = structuredContent !== undefined || isError === true
  const beside = content.filter(({ type }) => !(copies && type === 'text'))
  return { ...(structuredContent ?? Object(_meta?.[RESULT_KEY])), ...(beside.length > 0 && { content: beside }) }
}
