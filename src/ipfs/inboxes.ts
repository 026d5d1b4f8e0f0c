import { Inbox } from './inbox.ts'
import type { Message, Pubsub } from './network-types.ts'

const MAX_TOPICS = 32
const IDLE_MS = 24 * 60 * 60_000

interface Open {
  readonly inbox: Inbox
  readonly end: () => Promise<void>
}

interface Topic {
  readonly opened: Promise<Open>
  lastUsed: number
}

/**
 * Subscriptions that outlive the call that made them: one for each topic, whoever reads it. One that nobody used for a day
 * ends, and when there are too many the one that was not used for longest; its readers' cursors then say so.
 */
export class Inboxes implements AsyncDisposable {
  readonly #pubsub: Pubsub
  readonly #onMessage: (topic: string) => void
  readonly #topics = new Map<string, Topic>()

  constructor(pubsub: Pubsub, onMessage: (topic: string) => void) {
    this.#pubsub = pubsub
    this.#onMessage = onMessage
  }

  /** What came since the first call for this topic, which subscribes. Rejects what subscribing rejects. */
  async open(topic: string): Promise<Inbox> {
    const known = this.#topics.get(topic) ?? this.#begin(topic)
    known.lastUsed = Date.now()
    await this.#endIdle(topic) // it counts by now: of many that come together no more stay
    return (await known.opened).inbox
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#topics.keys()].map((topic) => this.#end(topic)))
  }

  #begin(topic: string): Topic {
    const forget = (): void => {
      if (this.#topics.get(topic) === begun) this.#topics.delete(topic) // the next call begins anew
    }
    const begun: Topic = { opened: this.#subscribe(topic, forget), lastUsed: Date.now() }
    begun.opened.catch(forget)
    this.#topics.set(topic, begun)
    return begun
  }

  async #subscribe(topic: string, onEnd: () => void): Promise<Open> {
    const inbox = new Inbox()
    const hear = (message: Message): void => {
      inbox.push(message)
      this.#onMessage(topic)
    }
    return { inbox, end: await this.#pubsub.subscribe(topic, hear, onEnd) }
  }

  /** Makes room for a topic. */
  async #endIdle(wanted: string): Promise<void> {
    const others = [...this.#topics].filter(([topic]) => topic !== wanted).toSorted(([, a], [, b]) => a.lastUsed - b.lastUsed)
    const surplus = others.length - MAX_TOPICS + 1
    const idle = others.filter(([, { lastUsed }], index) => index < surplus || Date.now() - lastUsed > IDLE_MS)
    await Promise.all(idle.map(([topic]) => this.#end(topic)))
  }

  async #end(topic: string): Promise<void> {
    const opened = this.#topics.get(topic)?.opened
    this.#topics.delete(topic)
    await opened?.then(
      ({ end }) => end(),
      () => {},
    )
  }
}
