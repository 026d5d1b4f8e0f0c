import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export const PEER = '12D3KooWOld'

/** What a daemon of this version answers that is asked who it is, and nothing else. */
export async function daemonOf(first: string) {
  const asked: string[] = []
  const now = { version: first }
  const answers = (): Record<string, unknown> => ({ version: { Version: now.version, Commit: '', Repo: '15' }, id: { ID: PEER } })
  const server = createServer((request, response) => {
    const command = new URL(request.url ?? '', 'http://localhost').pathname.replace('/api/v0/', '')
    asked.push(command)
    const answer = answers()[command]
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}`, asked, now, [Symbol.dispose]: () => void server.close().closeAllConnections() }
}
