import type { Call } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import { Inbox } from './inbox.ts'
import type { Message, Pubsub } from './network-types.ts'
import { reaching } from './reaching.ts'

const MAX_TOPICS = 32
const IDLE_MS = 24 * 60 * 60_000

interface Open {
  readonly inbox: Inbox
  readonly end: () => Promise<void>
}

interface Topic {
  readonly opened: Promise<Open>
  /** Gives it up; undefined once it is open. */
  opening: AbortController | undefined
  /** Calls that wait for it to open: when all have gone, nobody wants it. */
  waiting: number
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
  async open(topic: string, call: Call = {}): Promise<Inbox> {
    const known = this.#topics.get(topic) ?? this.#begin(topic)
    known.lastUsed = Date.now()
    known.waiting++
    try {
      await this.#endIdle(topic) // it counts by now: of many that come together no more stay
      return (await reaching('subscribe', call, () => known.opened)).inbox
    } finally {
      if (--known.waiting === 0 && known.opening) await this.#end(topic, known)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#topics].map(([topic, known]) => this.#end(topic, known)))
  }

  #begin(topic: string): Topic {
    const forget = (): void => {
      if (this.#topics.get(topic) === begun) this.#topics.delete(topic) // the next call begins anew
    }
    const opening = new AbortController()
    const begun: Topic = { opened: this.#subscribe(topic, forget, opening.signal), opening, waiting: 0, lastUsed: Date.now() }
    begun.opened.then(() => (begun.opening = undefined), forget)
    this.#topics.set(topic, begun)
    return begun
  }

  async #subscribe(topic: string, onEnd: () => void, signal: AbortSignal): Promise<Open> {
    const inbox = new Inbox()
    const hear = (message: Message): void => {
      inbox.push(message)
      this.#onMessage(topic)
    }
    const subscribed = this.#pubsub.subscribe(topic, hear, onEnd, { signal })
    return { inbox, end: await subscribed.catch((error: unknown) => Promise.reject(signal.reason instanceof VfsError ? signal.reason : error)) }
  }

  /** Makes room for a topic. */
  async #endIdle(wanted: string): Promise<void> {
    const others = [...this.#topics].filter(([topic]) => topic !== wanted).toSorted(([, a], [, b]) => a.lastUsed - b.lastUsed)
    const surplus = others.length - MAX_TOPICS + 1
    const idle = others.filter(([, { lastUsed }], index) => index < surplus || Date.now() - lastUsed > IDLE_MS)
    await Promise.all(idle.map(([topic, known]) => this.#end(topic, known, tooMany())))
  }

  /** `why` is told to those who wait for it to open. */
  async #end(topic: string, known: Topic, why?: VfsError): Promise<void> {
    if (this.#topics.get(topic) === known) this.#topics.delete(topic)
    known.opening?.abort(why)
    await known.opened.then(
      ({ end }) => end(),
      () => {},
    )
  }
}

const tooMany = (): VfsError => new VfsError('BUSY', `more than ${MAX_TOPICS} topics are asked for at once`, { hint: 'Read fewer topics at the same time.' })
