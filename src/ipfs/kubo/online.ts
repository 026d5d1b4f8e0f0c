import { keptOff } from '../absent.ts'
import type { NetworkMode } from '../types.ts'
import type { Rpc } from './rpc.ts'

/** The daemon for what takes a network. Rejects OFFLINE where the configuration keeps us off it, whatever the daemon does. */
export type Online = (op: string) => Rpc

export const onlineOf =
  (rpc: Rpc, network: NetworkMode): Online =>
  (op) => {
    if (network === 'off') throw keptOff(op)
    return rpc
  }
