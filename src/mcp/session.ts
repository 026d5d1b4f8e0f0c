import { randomInt } from 'node:crypto'

/** Names what one caller does in a row in the journal. It is no credential: history shows it. */
export const sessionId = (): string =>
  `s${randomInt(36 ** 7)
    .toString(36)
    .padStart(7, '0')}`
