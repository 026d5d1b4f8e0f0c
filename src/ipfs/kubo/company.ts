import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Call } from '../../core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../../core/error.ts'
import type { Rpc } from './rpc.ts'

/** As the embedded engine waits for its first peers. */
const MEET_MS = 5_000
const LOOK_MS = 100

const Peers = z.object({ Peers: z.array(z.unknown()).nullable() })
const Routers = z.object({ Value: z.array(z.string()).nullable() })

/** off: the daemon itself has no network; alone: it is connected to nobody, and knows nobody who could tell it of others. */
export type CompanyState = 'off' | 'alone' | 'some'

/** Whether there is anybody who could have what the daemon has not, or know who does: it would look for that for long also where it is alone. */
export class Company {
  readonly #rpc: Rpc
  /** One that has just begun meets its first peers within some seconds: they are waited for once. */
  #patience: number | undefined

  constructor(rpc: Rpc) {
    this.#rpc = rpc
  }

  /** Rejects NO_PEERS, and OFFLINE where the daemon itself has no network. */
  async required(call: Call): Promise<void> {
    this.#patience ??= performance.now() + MEET_MS
    if (await this.#hasAny(call)) return
    while ((await this.#peers(call)) === 0) {
      if (performance.now() > this.#patience) throw noPeers()
      await sleep(LOOK_MS)
      throwIfAborted(call.signal, 'fetch')
    }
  }

  async state(call: Call): Promise<CompanyState> {
    try {
      return (await this.#hasAny(call)) ? 'some' : 'alone'
    } catch (error) {
      if (isCode(error, 'OFFLINE')) return 'off'
      throw error
    }
  }

  async #hasAny(call: Call): Promise<boolean> {
    return (await this.#peers(call)) > 0 || this.#hasRouters(call)
  }

  /** Delegated routers that somebody has named: those of `auto` are the public ones, which an isolated daemon has as well. Whether they answer only the daemon can tell. */
  async #hasRouters(call: Call): Promise<boolean> {
    try {
      const { Value } = await this.#rpc.value('config', { arg: 'Routing.DelegatedRouters' }, Routers, call)
      return (Value ?? []).some((router) => /^https?:/.test(router))
    } catch (error) {
      throwIfAborted(call.signal, 'fetch')
      if (isCode(error, 'SERVICE_UNAVAILABLE')) throw error
      return false // it has no such setting, or does not tell us
    }
  }

  async #peers(call: Call): Promise<number> {
    return ((await this.#rpc.value('swarm/peers', {}, Peers, call)).Peers ?? []).length
  }
}

export const noPeers = (cause?: unknown): VfsError => new VfsError('NO_PEERS', 'Kubo is connected to no peer', { cause })
