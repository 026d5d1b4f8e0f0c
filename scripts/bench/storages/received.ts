import { connect } from 'node:net'
import { timed } from '../measure.ts'

const LINES = 4
const BUFFER = 1 << 20

/** What Node takes to receive a file of a server on this machine over four connections, and do nothing with it: no program of Node is faster. */
export function received(url: URL, size: number): Promise<number> {
  const share = Math.ceil(size / LINES)
  return timed(() => Promise.all(Array.from({ length: LINES }, (_, i) => receive(url, i * share, Math.min(size, (i + 1) * share) - 1))))
}

function receive({ hostname, port, host, pathname, search }: URL, first: number, last: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let got = 0
  const count = (bytes: number): boolean => {
    got += bytes
    return true
  }
  const socket = connect({ host: hostname, port: Number(port), onread: { buffer: new Uint8Array(BUFFER), callback: count } })
  socket.on('error', reject)
  socket.on('close', () => (got > last - first ? resolve() : reject(new Error(`the server sent ${got} bytes of ${last - first + 1}`))))
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nRange: bytes=${first}-${last}\r\nConnection: close\r\n\r\n`)
  return promise
}
