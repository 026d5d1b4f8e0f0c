import type { Policy } from './machine.ts'

/** How often the supervisor looks, and how long it takes things. */
export interface Timing extends Policy {
  /** Between two checks of a service that runs. */
  readonly healthMs: number
  /** For one answer of its API. */
  readonly answerMs: number
  /** Between two looks at what other processes of the data folder have done. */
  readonly lookMs: number
  /** What has broken gets no longer to end by itself. */
  readonly brokenGraceMs: number
}

export const TIMING: Timing = {
  attempts: 5,
  windowMs: 5 * 60_000,
  backoffMs: 500,
  maxBackoffMs: 30_000,
  misses: 3,
  healthMs: 3000,
  answerMs: 3000,
  lookMs: 500,
  brokenGraceMs: 1000,
}
