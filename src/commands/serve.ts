import { resolveSecret } from '../config/secret.ts'
import type { Config } from '../config/schema.ts'
import { VfsError } from '../core/error.ts'
import type { Gateway } from '../gateway.ts'
import type { McpParts } from '../mcp/parts.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { type Io, print } from './io.ts'
import { logTo, openGatewayOf } from './open.ts'
import type { CommandLine } from './parse.ts'
import { settingsOf } from './settings.ts'
import { snippets } from './snippets.ts'
import { stopRequested, stopWithin } from './stop.ts'

/** For calls that run when it is time to stop; longer ones are cancelled, and the journal takes them back. */
const GRACE_MS = 1000

/** How a client reaches the gateway. */
interface Door {
  /** Resolves when nobody can come any more. */
  readonly closed: Promise<unknown>
  close(): Promise<void>
}

export async function run(line: CommandLine, io: Io): Promise<ExitCode> {
  const loaded = await settingsOf(line, io)
  const gateway = await openGatewayOf(loaded, line.positionals, io)
  const door = await openDoor(line, gateway, loaded.config, io).catch(async (error: unknown) => {
    await gateway[Symbol.asyncDispose]()
    throw error
  })
  const stopReloading = reloadOnHangup(gateway, io)
  await stopRequested(door.closed, io)
  stopReloading()
  return stopWithin(io, async () => {
    await door.close()
    await gateway[Symbol.asyncDispose]()
    return EXIT.ok
  })
}

const openDoor = (line: CommandLine, gateway: Gateway, config: Config, io: Io): Promise<Door> =>
  line.flags.has('http') ? openHttp(gateway, config, io) : openStdio(gateway, io)

async function openStdio(gateway: Gateway, { stdin, stdout }: Io): Promise<Door> {
  const { openPipes } = await import('../mcp/pipes/door.ts')
  const { closed, close } = await openPipes(gateway.mcp(), stdin, stdout)
  return { closed, close: () => close(GRACE_MS) }
}

async function openHttp(gateway: Gateway, { http }: Config, io: Io): Promise<Door> {
  const { serveOverHttp } = await import('../mcp/http/serve.ts')
  const listening = serveOverHttp({
    host: http.host,
    port: http.port,
    token: http.token === undefined ? undefined : await resolveSecret(http.token, io.env),
    allowedHosts: http.allowed_hosts,
    allowedOrigins: http.allowed_origins,
    parts: (toolset) => partsOf(gateway, toolset),
    ready: () => readiness(gateway),
    log: logTo(io),
  })
  const server = await listening.catch((cause: NodeJS.ErrnoException) => {
    if (cause.syscall !== 'listen') throw cause
    throw new VfsError('CONFIG_INVALID', `cannot listen on ${http.host}:${http.port} (${cause.code})`, {
      op: 'serve',
      cause,
      hint: 'Choose another address with --http HOST:PORT.',
    })
  })
  await print(io.stdout, snippets({ url: server.url, served: gateway.served, program: io.program, token: http.token !== undefined }))
  return { closed: new Promise(() => {}), close: async () => server[Symbol.asyncDispose]() }
}

function partsOf(gateway: Gateway, toolset: string | undefined): McpParts | undefined {
  const tools = toolset === undefined ? gateway.tools : gateway.toolset(toolset)
  return tools && gateway.mcp(tools)
}

/** SIGHUP reads the user's tools again; what does not load is told, and the old ones stay. */
function reloadOnHangup(gateway: Gateway, io: Io): () => void {
  const reload = (): void => void gateway.registry.reload().catch((error: unknown) => logTo(io)('the tools were not reloaded', error))
  io.signals.on('SIGHUP', reload)
  return () => void io.signals.off('SIGHUP', reload)
}

/** A mount that is down does not make the others useless, so it is told and no reason to say no. Beside it what was done since the start, for whoever watches over us. */
async function readiness({ vfs, registry }: Gateway): Promise<{ readonly ready: boolean; readonly [fact: string]: unknown }> {
  const mounts = await vfs.mounts()
  return {
    ready: true,
    tools: registry.tools.size,
    mounts: mounts.length,
    down: mounts.filter(({ error }) => error).map(({ path }) => path),
    statistics: { tools: registry.statistics(), mounts: Object.fromEntries(mounts.map(({ path, usage }) => [path, usage])) },
  }
}
