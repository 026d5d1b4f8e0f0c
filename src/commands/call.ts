import { buffer } from 'node:stream/consumers'
import { render, RESULT_KEY } from '../mcp/render.ts'
import { sessionId } from '../mcp/session.ts'
import { VERSION } from '../core/version.ts'
import type { Gateway } from '../gateway.ts'
import type { Outcome } from '../registry/envelope.ts'
import type { ToolView } from '../registry/registry.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { type Io, print, printJson } from './io.ts'
import { openGatewayOf } from './open.ts'
import type { CommandLine } from './parse.ts'
import { settingsOf } from './settings.ts'
import { interrupted } from './stop.ts'
import { UsageError } from './usage-error.ts'

export async function run(line: CommandLine, io: Io): Promise<ExitCode> {
  const [tool, json = '{}', ...rest] = line.positionals
  if (tool === undefined || rest.length > 0) throw new UsageError('call takes the name of a tool and its arguments: polymount call TOOL [JSON|-]')
  const args = parseArguments(json === '-' ? (await buffer(io.stdin)).toString() : json)
  await using gateway = await openGatewayOf(await settingsOf(line, io), line.flags.get('dir') ?? [], io)
  const outcome = await offered(line, gateway).invoke(tool, line.flags.has('raw') ? await plain(tool, args, gateway) : args, {
    actor: { client: 'cli', clientVersion: VERSION, session: sessionId() },
    signal: interrupted(io),
  })
  await (line.flags.has('raw') && outcome.ok ? print(io.stdout, raw(outcome)) : printJson(io, shown(outcome)))
  return outcome.ok ? EXIT.ok : EXIT.failed
}

/** Every tool, unless the command line chooses. */
const offered = ({ flags }: CommandLine, { tools, registry }: Gateway): Pick<ToolView, 'invoke'> =>
  ['toolsets', 'tools', 'exclude-tools'].some((flag) => flags.has(flag)) ? tools : registry

/** A tool that can leave out what it adds for models does so, unless the arguments say otherwise. */
async function plain(tool: string, args: object, { registry }: Gateway): Promise<object> {
  const { input } = (await registry.tools.get(tool)?.load()) ?? {}
  return input && 'raw' in input.shape ? { raw: true, ...args } : args
}

function parseArguments(json: string): object {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch (error) {
    throw new UsageError(`the arguments are not JSON: ${(error as Error).message}`)
  }
  throw new UsageError('the arguments must be a JSON object, such as \'{"path":"/local"}\'')
}

/** The structured result, and what an MCP client would get beside it. */
function shown(outcome: Outcome): unknown {
  const { structuredContent, content, isError, _meta } = render(outcome)
  const copies = structuredContent !== undefined || isError === true
  const beside = content.filter(({ type }) => !(copies && type === 'text'))
  return { ...(structuredContent ?? Object(_meta?.[RESULT_KEY])), ...(beside.length > 0 && { content: beside }) }
}

/** What was asked for, without its envelope: bytes as they are, else the text. */
function raw({ envelope, text, attachments: [attachment] }: Extract<Outcome, { ok: true }>): string | Uint8Array {
  const { content, content_base64: base64 } = envelope
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64')
  if (typeof content === 'string') return content
  if (attachment) return Buffer.from(attachment.data, 'base64')
  return text ?? `${JSON.stringify(envelope)}\n`
}
