import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** A request as the web standards have it. Its body is read when it is asked for; it is aborted when the client leaves before its answer. */
export function toRequest(req: IncomingMessage, res: ServerResponse): Request {
  const gone = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) gone.abort()
  })
  const { method = 'GET', url = '/', headers } = req
  const body = method === 'GET' || method === 'HEAD' ? null : Readable.toWeb(req)
  return new Request(new URL(url, 'http://polymount'), { method, headers: pairs(headers), signal: gone.signal, body, duplex: 'half' })
}

const pairs = (headers: IncomingMessage['headers']): [string, string][] => Object.entries(headers).map(([name, value]) => [name, String(value)])

/** Resolves when it is sent, or its reader has gone. */
export async function send(response: Response, req: IncomingMessage, res: ServerResponse): Promise<void> {
  // What is left of a body that nobody wants to read would be taken for the next request.
  res.writeHead(response.status, { ...Object.fromEntries(response.headers), ...(!req.complete && { connection: 'close' }) })
  res.flushHeaders() // a stream of events may have nothing to say for long
  if (response.body === null) return void res.end()
  await pipeline(Readable.fromWeb(response.body), res).catch(() => res.destroy())
}
