import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

/** The suite reads resources of addresses of its own; here each is a file of a served folder. */
export interface Names {
  readonly theirs: string
  readonly ours: string
}

export interface Renaming extends AsyncDisposable {
  readonly url: string
}

/** Stands before an MCP server and writes its resources' addresses as the suite wants them. Nothing else changes, heads included. */
export async function renaming(target: string, names: Names): Promise<Renaming> {
  const server = createServer((req, res) => void pass(target, names, req, res).catch(() => res.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${new URL(target).pathname}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function pass(target: string, { theirs, ours }: Names, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const body = (await text(req)).replaceAll(theirs, ours)
  const answer = Promise.withResolvers<IncomingMessage>()
  const asked = request(target, { method: req.method ?? 'GET', headers: resized(req.headers, body, theirs, ours) }, answer.resolve)
  res.once('close', () => asked.destroy())
  asked.on('error', answer.reject).end(body)
  const answered = await answer.promise
  res.writeHead(answered.statusCode ?? 502, lengthless(answered.headers)).flushHeaders()
  for await (const line of createInterface({ input: answered, crlfDelay: Infinity })) res.write(`${line.replaceAll(ours, theirs)}\n`)
  res.end()
}

function resized(headers: IncomingHttpHeaders, body: string, theirs: string, ours: string): IncomingHttpHeaders {
  const named = headers['mcp-name']
  return {
    ...lengthless(headers),
    ...(typeof named === 'string' && { 'mcp-name': named.replaceAll(theirs, ours) }),
    ...(body !== '' && { 'content-length': String(Buffer.byteLength(body)) }),
  }
}

const lengthless = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-length' && name !== 'transfer-encoding'))
