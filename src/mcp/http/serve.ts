import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Gate, openGate } from './gate.ts'
import { send, toRequest } from './node.ts'
import type { HttpOptions } from './options.ts'

/** How long open answers may take at the end. */
const GRACE_MS = 2_000

/** Whoever holds connections without using them holds so many, and a request for so long; listening clients are answers, which may last. */
const MOST_CONNECTIONS = 1024
const PATIENCE = { headersTimeout: 10_000, requestTimeout: 60_000, connectionsCheckingInterval: 1_000 }

export interface HttpServerHandle extends AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:4280`. */
  readonly url: string
}

/** Listens until disposed. Rejects as listen does, for an address that is taken. */
export async function serveOverHttp(options: HttpOptions): Promise<HttpServerHandle> {
  const gate = openGate(options)
  const server = createServer(PATIENCE, (req, res) => void handle(req, res))
  server.maxConnections = MOST_CONNECTIONS
  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    await answer(gate, req, res).catch((error: unknown) => refuse(error, res, options))
    if (!server.listening) req.socket.end() // an idle connection would keep the server from closing
  }
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port, options.host, resolve))
  const { port, address, family } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      await gate[Symbol.asyncDispose]()
      server.closeIdleConnections()
      const late = setTimeout(() => server.closeAllConnections(), GRACE_MS)
      await closed
      clearTimeout(late)
    },
  }
}

async function answer(gate: Gate, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const onAnswered = (listener: () => void): void => void res.once('close', listener)
  await send(await gate.fetch(toRequest(req, res), onAnswered), req, res)
}

/** An address or a method that the web standards do not know. */
function refuse(error: unknown, res: ServerResponse, { log }: HttpOptions): void {
  log('an HTTP request was no request', error)
  if (!res.headersSent) res.writeHead(400)
  res.end()
}
