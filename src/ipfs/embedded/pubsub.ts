import type { Message as Received } from '@libp2p/gossipsub'
import type { Call } from '../../core/backend.ts'
import type { Message, Pubsub } from '../network-types.ts'
import { reaching } from '../reaching.ts'
import type { Network } from './network.ts'

/** Gossipsub. */
export class EmbeddedPubsub implements Pubsub {
  readonly #network: Pick<Network, 'peer'>
  readonly #listening = new Map<string, number>()

  constructor(network: Pick<Network, 'peer'>) {
    this.#network = network
  }

  publish(topic: string, data: Uint8Array, call: Call = {}): Promise<void> {
    return reaching('publish', call, async () => {
      await (await this.#service()).publish(topic, data)
    })
  }

  /** Ends only by the returned function, or with the node. */
  subscribe(topic: string, onMessage: (message: Message) => void, _onEnd: (error: unknown) => void, call: Call = {}): Promise<() => Promise<void>> {
    return reaching('subscribe', call, async (signal) => {
      const service = await this.#service()
      signal.throwIfAborted() // nobody would end it
      const hear = ({ detail }: CustomEvent<Received>): void => {
        if (detail.topic === topic) onMessage(messageOf(detail))
      }
      service.addEventListener('message', hear)
      if (this.#count(topic, 1) === 1) service.subscribe(topic)
      return async () => {
        service.removeEventListener('message', hear)
        if (this.#count(topic, -1) === 0) service.unsubscribe(topic)
      }
    })
  }

  peers(topic?: string, call: Call = {}): Promise<readonly string[]> {
    return reaching('peers', call, async () => {
      const service = await this.#service()
      return (topic === undefined ? service.getPeers() : service.getSubscribers(topic)).map(String)
    })
  }

  /** How many listen to the topic now. */
  #count(topic: string, change: number): number {
    const now = (this.#listening.get(topic) ?? 0) + change
    if (now > 0) this.#listening.set(topic, now)
    else this.#listening.delete(topic)
    return now
  }

  async #service() {
    return (await this.#network.peer()).library.libp2p.services.pubsub
  }
}

const messageOf = (received: Received): Message => ({
  from: received.type === 'signed' ? received.from.toString() : null,
  topic: received.topic,
  data: received.data,
  sequence: received.type === 'signed' ? received.sequenceNumber.toString() : null,
})
