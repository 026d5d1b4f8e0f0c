import { randomInt } from 'node:crypto'
import { Subscriptions } from './resources/subscriptions.ts'

/** What lasts over the requests of one client. */
export class Connection {
  /** Names it in the journal. */
  readonly session = sessionId()
  readonly subscriptions = new Subscriptions()
}

/** It is no credential: history shows it. */
const sessionId = (): string =>
  `s${randomInt(36 ** 7)
    .toString(36)
    .padStart(7, '0')}`
