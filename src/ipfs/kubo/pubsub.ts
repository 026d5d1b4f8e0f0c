import { z } from 'zod'
import type { Call } from '../../core/backend.ts'
import { isCode } from '../../core/error.ts'
import type { Message, Pubsub, Reached } from '../network-types.ts'
import { reaching } from '../reaching.ts'
import type { Online } from './online.ts'

/** Texts and bytes go as multibase, base64url. */
const Bytes = z.string().transform((text) => Buffer.from(text.replace(/^u/, ''), 'base64url'))
const Received = z.object({ from: z.string().optional(), data: Bytes, seqno: Bytes.optional() })
const Peers = z.object({ Strings: z.array(z.string()).nullable() })

export class KuboPubsub implements Pubsub {
  readonly #online: Online

  constructor(online: Online) {
    this.#online = online
  }

  async publish(topic: string, data: Uint8Array, call: Call = {}): Promise<void> {
    await this.#online('pubsub/pub').call('pubsub/pub', call, (kubo, options) => kubo.pubsub.publish(topic, data, options))
  }

  async subscribe(topic: string, onMessage: (message: Message) => void, onEnd: (error: unknown) => void, call: Reached = {}): Promise<() => Promise<void>> {
    const over = new AbortController()
    const rpc = this.#online('pubsub/sub')
    const open = (signal: AbortSignal): ReturnType<typeof rpc.open> =>
      rpc.open('pubsub/sub', { arg: named(topic) }, { signal: AbortSignal.any([over.signal, signal]), quietMs: 0 })
    const answer = await reaching('subscribe', call, open) // only what is heard afterwards may be quiet
    const hear = async (): Promise<void> => {
      for await (const line of rpc.values('pubsub/sub', answer, Received, { signal: over.signal })) onMessage(messageOf(topic, line))
    }
    const heard = hear().then(
      () => onEnd(undefined),
      (error: unknown) => (isCode(error, 'CANCELLED') ? undefined : onEnd(error)),
    )
    return async () => {
      over.abort()
      await heard
    }
  }

  async peers(topic?: string, call?: Call): Promise<readonly string[]> {
    const query = topic === undefined ? {} : { arg: named(topic) }
    return (await this.#online('pubsub/peers').value('pubsub/peers', query, Peers, call)).Strings ?? []
  }
}

const named = (topic: string): string => `u${Buffer.from(topic).toString('base64url')}`

const messageOf = (topic: string, { from, data, seqno }: z.output<typeof Received>): Message => ({
  from: from ?? null,
  topic,
  data,
  sequence: seqno && seqno.length > 0 ? BigInt(`0x${seqno.toString('hex')}`).toString() : null,
})
