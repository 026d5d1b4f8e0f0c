import { isIP } from 'node:net'

/** True for an address that only this machine can reach. Names other than localhost could lead anywhere. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  if (isIP(bare) === 4) return bare.startsWith('127.')
  return isIP(bare) === 6 ? new URL(`http://[${bare}]`).hostname === '[::1]' : bare.toLowerCase() === 'localhost'
}
