import { BlockList, isIP } from 'node:net'

/** Everything in IPv4 that is not somewhere on the public Internet (IANA's special-purpose registry). */
const SPECIAL = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  SPECIAL.addSubnet(net, bits)

/** Of IPv6 what is assigned as global unicast, without what leads into IPv4 or documentation. */
const GLOBAL = new BlockList()
GLOBAL.addSubnet('2000::', 3, 'ipv6')
const GLOBAL_BUT_NOT = new BlockList()
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  GLOBAL_BUT_NOT.addSubnet(net, bits, 'ipv6')

/** True for an IP address on the public Internet. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !SPECIAL.check(address)
  return isIP(address) === 6 && GLOBAL.check(address, 'ipv6') && !GLOBAL_BUT_NOT.check(address, 'ipv6')
}
