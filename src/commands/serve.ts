import { type ServedFolder, servedFolders } from '../config/folders.ts'
import type { Loaded } from '../config/load.ts'
import { resolveSecret } from '../config/secret.ts'
import type { Config } from '../config/schema.ts'
import { VfsError } from '../core/error.ts'
import { earlyOffer, type Gateway } from '../gateway.ts'
import type { McpParts } from '../mcp/parts.ts'
import { Reserve } from '../sqlite/reserve.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { type Io, print } from './io.ts'
import { logTo, openServing } from './open.ts'
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
  const served = await servedFolders(line.positionals, io)
  const opening = line.flags.has('http') ? openHttp(loaded, served, io) : openStdio(loaded, served, io)
  const laidBy = opening.then(([{ config }]) => new Reserve(config.data_dir).keep()).catch(() => false) // why it did not open is told below
  const stopReloading = reloadOnHangup(opening, io) // a signal that nobody hears would end the process
  await stopRequested(opening.then(([, { closed }]) => closed), io) // prettier-ignore
  stopReloading()
  return stopWithin(io, async () => {
    const [gateway, door] = await opening
    await door.close()
    await gateway[Symbol.asyncDispose]()
    await laidBy
    return EXIT.ok
  })
}

type Opened = readonly [Gateway, Door]

/** The client is there already: it is greeted while the gateway opens. */
async function openStdio(loaded: Loaded, served: readonly ServedFolder[], io: Io): Promise<Opened> {
  const { openPipes } = await import('../mcp/pipes/door.ts')
  const offer = await earlyOffer(loaded.config, served)
  const opening = openServing(loaded, served, io)
  const parts = opening.then((gateway) => gateway.mcp())
  const { closed, close } = await openPipes(parts, io, offer)
  const gateway = await opening
  await orClosed(gateway, parts)
  return [gateway, { closed, close: () => close(GRACE_MS) }]
}

async function openHttp(loaded: Loaded, served: readonly ServedFolder[], io: Io): Promise<Opened> {
  const gateway = await openServing(loaded, served, io)
  return [gateway, await orClosed(gateway, listen(gateway, loaded.config, io))]
}

/** A gateway that cannot be served is not left open. */
const orClosed = <T>(gateway: Gateway, door: Promise<T>): Promise<T> =>
  door.catch(async (error: unknown) => {
    await gateway[Symbol.asyncDispose]()
    throw error
  })

async function listen(gateway: Gateway, { http }: Config, io: Io): Promise<Door> {
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
function reloadOnHangup(opening: Promise<Opened>, io: Io): () => void {
  const reload = (): void => void reloaded().catch((error: unknown) => logTo(io)('the tools were not reloaded', error))
  const reloaded = async (): Promise<void> => (await opening)[0].registry.reload()
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
