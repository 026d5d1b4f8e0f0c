import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { type Gate, openGate } from './gate.ts'
import type { HttpOptions } from './options.ts'

/** How long open answers may take at the end. */
const GRACE_MS = 2_000

export interface HttpServerHandle extends AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:4280`. */
  readonly url: string
}

/** Listens until disposed. Rejects as listen does, for an address that is taken. */
export async function serveOverHttp(options: HttpOptions): Promise<HttpServerHandle> {
  const gate = openGate(options)
  const server = createServer((req, res) => {
    answer(gate, options, req, res).catch((error: unknown) => {
      options.log('an HTTP request was no request', error) // an address or method that the web standards do not know
      if (!res.headersSent) res.writeHead(400)
      res.end()
    })
  })
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

async function answer(gate: Gate, { maxBody, log }: HttpOptions, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const refused = gate.refuse(headOf(req))
  if (refused !== undefined) return send(refused, res)
  const onAnswered = (listener: () => void): void => void res.once('close', listener)
  const handler = toNodeHandler(
    { fetch: (request) => gate.fetch(request, onAnswered) },
    { maxRequestBodySize: maxBody, onerror: (error) => log('an HTTP request failed', error) },
  )
  return handler(withLine(req), res)
}

function headOf(req: IncomingMessage): Request {
  const { method, url } = withLine(req)
  const headers = Object.entries(req.headers).map(([name, value]): [string, string] => [name, String(value)])
  return new Request(new URL(url, 'http://polymount'), { method, headers })
}

/** The body was not read, so that the connection is of no more use. */
async function send(response: Response, res: ServerResponse): Promise<void> {
  res.writeHead(response.status, { ...Object.fromEntries(response.headers), connection: 'close' }).end(await response.text())
}

/** A server's requests always have both; their type does not say so. */
const withLine = (req: IncomingMessage): IncomingMessage & { method: string; url: string } =>
  Object.assign(req, { method: req.method ?? 'GET', url: req.url ?? '/' })
