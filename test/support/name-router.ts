import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Signed } from '../../src/ipfs/network-types.ts'
import { readRecord } from '../../src/ipfs/record.ts'

/** A delegated router that keeps one record, and gets these of somebody else in place of the first ones that it is sent. */
export async function nameRouter(faster: readonly Uint8Array[]) {
  const others = faster.values()
  let record: Uint8Array | undefined
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'PUT') {
      const sent = await buffer(request)
      record = others.next().value ?? sent
      response.end()
    } else if (record) response.writeHead(200, { 'content-type': 'application/vnd.ipfs.ipns-record' }).end(record)
    else response.writeHead(404).end()
  }
  const server = createServer((request, response) => void answer(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  const kept = (): Signed | undefined => (record ? readRecord(record) : undefined)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, kept, [Symbol.asyncDispose]: close }
}
