import { z } from 'zod'
import type { PeerInfo } from '../../src/ipfs/network-types.ts'

export const cid = z.string().min(1).max(4096)
export const peer = z.string().min(1).max(200).describe('Peer id, such as 12D3Koo…')
export const peers = z.array(z.strictObject({ peer: z.string(), addresses: z.array(z.string()) }))
export const topic = z.string().min(1).max(256)
export const most = z.int().min(1).max(100).default(20)

const MAX_ADDRESSES = 20

export const shownPeer = ({ peer: id, addresses }: PeerInfo): z.input<typeof peers>[number] => ({ peer: id, addresses: addresses.slice(0, MAX_ADDRESSES) })
