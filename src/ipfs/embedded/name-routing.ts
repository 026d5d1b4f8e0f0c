import { VfsError } from '../../core/error.ts'
import type { Peer, Router } from './helia.ts'
import { latest } from '../naming.ts'
import type { Signed } from '../network-types.ts'
import { LOOK_MS, reaching } from '../reaching.ts'
import type { Network } from './network.ts'

/** Where names lead, by the network: IPNS records in the distributed hash table, and with delegated routers. */
export class NameRouting {
  readonly #network: Pick<Network, 'peer' | 'dnsLink'>

  constructor(network: Pick<Network, 'peer' | 'dnsLink'>) {
    this.#network = network
  }

  dnsLink(domain: string, signal: AbortSignal): Promise<string> {
    return this.#network.dnsLink(domain, signal)
  }

  /** Rejects OFFLINE, NO_PEERS. */
  async company(): Promise<Peer> {
    const peer = await this.#network.peer()
    if (peer.alone) throw new VfsError('NO_PEERS', 'the node is connected to no peer', { hint: 'Repeat the call later, or pass offline=true.' })
    return peer
  }

  /** The latest record that the first who answers has; undefined if nobody has one. */
  async find(id: string, signal: AbortSignal): Promise<Signed | undefined> {
    const { library } = await this.company()
    return this.#heard(id, (key, heard) => ask(library.routing, key, heard, signal))
  }

  /** The latest that is heard of everybody within some seconds; undefined also if nobody can be asked. */
  async look(id: string, signal: AbortSignal | undefined): Promise<Signed | undefined> {
    return this.#heard(id, (key, heard) =>
      reaching('resolve', { signal, timeoutMs: LOOK_MS }, async (end) => {
        const { askers } = await this.company()
        await Promise.all(askers.map((asker) => ask(asker, key, heard, end)))
      }).catch((error: unknown) => {
        if (signal?.aborted) throw error
      }),
    )
  }

  /** Resolves once somebody has the record. Rejects NO_PEERS if nobody took it. */
  async tell(id: string, record: Uint8Array, signal: AbortSignal): Promise<void> {
    const [{ library, routers }, { routingKey }] = await Promise.all([this.company(), import('./ipns.ts')])
    let taken = 0
    const onProgress = (event: { readonly type: string; readonly detail?: unknown }): void => {
      if (event.type === 'kad-dht:query:peer-response' && isAnswer(event.detail)) taken++
    }
    const put = library.routing.put(routingKey(id), record, { signal, onProgress })
    const failed = await put.then(
      () => void (taken += routers),
      (error: unknown) => error,
    )
    signal.throwIfAborted()
    if (taken === 0) throw new VfsError('NO_PEERS', 'nobody took the record; it is kept, and told to peers later', { cause: failed })
  }

  async #heard(id: string, work: (key: Uint8Array, heard: Uint8Array[]) => Promise<void>): Promise<Signed | undefined> {
    const [{ library }, { routingKey, verified }] = await Promise.all([this.#network.peer(), import('./ipns.ts')])
    const heard: Uint8Array[] = []
    await work(routingKey(id), heard)
    return latest(await Promise.all(heard.map((record) => verified(id, record, library.keychain).catch(() => undefined))))
  }
}

/** The library gives a value up when it cannot correct a peer that has an older one: we take it as it is heard. */
async function ask(asker: Pick<Router, 'get'>, key: Uint8Array, heard: Uint8Array[], signal: AbortSignal): Promise<void> {
  const onProgress = (event: { readonly type: string; readonly detail?: unknown }): void => {
    const value = event.type === 'kad-dht:query:value' ? valueOf(event.detail) : undefined
    if (value) heard.push(value)
  }
  await asker.get?.(key, { signal, onProgress, validate: false }).then(
    (record) => heard.push(record),
    () => signal.throwIfAborted(),
  )
}

const valueOf = (detail: unknown): Uint8Array | undefined =>
  typeof detail === 'object' && detail !== null && 'value' in detail && detail.value instanceof Uint8Array ? detail.value : undefined

const isAnswer = (detail: unknown): boolean => typeof detail === 'object' && detail !== null && 'messageName' in detail && detail.messageName === 'PUT_VALUE'
