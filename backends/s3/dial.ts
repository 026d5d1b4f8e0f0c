import { connect as dial, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as dialSafely } from 'node:tls'

export const CONNECT_MS = 5000
export const SILENCE_MS = 30_000

/** A connection to the machine of a URL, in secret if the URL says so. What comes is read into the memory that `onread` gives. */
export function dialed({ protocol, hostname, port }: URL, onread: OnReadOpts): Socket {
  const host = hostname.replace(/^\[|\]$/g, '')
  const isSafe = protocol === 'https:'
  const to = { host, port: Number(port || (isSafe ? 443 : 80)), onread }
  const socket = isSafe ? dialSafely({ ...to, ...(isIP(host) === 0 && { servername: host }) }) : dial(to)
  return socket.setNoDelay(true)
}
