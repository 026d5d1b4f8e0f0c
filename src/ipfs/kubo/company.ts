import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Call } from '../../core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../../core/error.ts'
import type { Rpc } from './rpc.ts'

/** As the embedded engine waits for its first peers. */
const MEET_MS = 5_000
const LOOK_MS = 100

const Peers = z.object({ Peers: z.array(z.unknown()).nullable() })

/** off: the daemon itself has no network; alone: it is connected to nobody. */
export type CompanyState = 'off' | 'alone' | 'some'

/** Whether the daemon is connected to anybody who could have what it has not: it would look for that for long also where it is alone. */
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
    while ((await this.#peers(call)) === 0) {
      if (performance.now() > this.#patience) throw noPeers()
      await sleep(LOOK_MS)
      throwIfAborted(call.signal, 'fetch')
    }
  }

  async state(call: Call): Promise<CompanyState> {
    try {
      return (await this.#peers(call)) > 0 ? 'some' : 'alone'
    } catch (error) {
      if (isCode(error, 'OFFLINE')) return 'off'
      throw error
    }
  }

  async #peers(call: Call): Promise<number> {
    return ((await this.#rpc.value('swarm/peers', {}, Peers, call)).Peers ?? []).length
  }
}

export const noPeers = (cause?: unknown): VfsError => new VfsError('NO_PEERS', 'Kubo is connected to no peer', { cause })
