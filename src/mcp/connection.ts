import type { Inboxes } from '../ipfs/inboxes.ts'
import { Subscriptions } from './resources/subscriptions.ts'
import { sessionId } from './session.ts'

/** What lasts over the requests of one client. */
export class Connection {
  /** Names it in the journal. */
  readonly session = sessionId()
  readonly subscriptions: Subscriptions

  constructor(inboxes: Inboxes) {
    this.subscriptions = new Subscriptions((topic, call) => inboxes.open(topic, call))
  }
}
