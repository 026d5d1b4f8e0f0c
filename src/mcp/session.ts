import { randomInt } from 'node:crypto'

/** Names one connection in the journal. It is no credential: history shows it. */
export const sessionId = (): string =>
  `s${randomInt(36 ** 7)
    .toString(36)
    .padStart(7, '0')}`
