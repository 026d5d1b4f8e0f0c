/** The states of one service and what leads from one to the next: pure, so that the whole table can be tested. */
export const STATES = ['stopped', 'starting', 'ready', 'degraded', 'restarting', 'failed', 'stopping'] as const
export type State = (typeof STATES)[number]

export const EVENTS = {
  /** Somebody wants it to run; after `failed` or a person's stop only by a person. */
  start: 'start',
  stop: 'stop',
  /** It shall begin anew, whatever it does now. */
  restart: 'restart',
  /** It has said that it is ready, and its API answers. */
  ready: 'ready',
  healthy: 'healthy',
  unhealthy: 'unhealthy',
  /** Its process has ended, or has to: a start that comes to no end, too much memory. */
  broken: 'broken',
  /** What repeating cannot heal: no program, one that is too old. */
  hopeless: 'hopeless',
  /** The pause before the next attempt is over, and nothing of the last one runs any more. */
  due: 'due',
  /** Nothing of it runs any more, as `stopping` wanted. */
  gone: 'gone',
} as const
export type Event = keyof typeof EVENTS

export interface Condition {
  readonly state: State
  /** Why it is not ready; null where nothing is wrong. */
  readonly reason: string | null
  /** When it broke, as far as that counts still. */
  readonly failures: readonly number[]
  /** Checks in a row that it did not answer. */
  readonly misses: number
  /** When the next attempt begins; only while `restarting`. */
  readonly retryAt: number | null
}

export interface Policy {
  /** So many failures within the window, and of starts in a row, are taken; one more is `failed`. */
  readonly attempts: number
  readonly windowMs: number
  readonly backoffMs: number
  readonly maxBackoffMs: number
  /** So many checks in a row without an answer end it. */
  readonly misses: number
}

/** What goes with an event. */
export interface Moment {
  readonly reason: string | null
  readonly now: number
  /** From 0 up to 1: the jitter. */
  readonly random: number
  readonly policy: Policy
}

type Step = (from: Condition, at: Moment) => Condition

export const STOPPED: Condition = { state: 'stopped', reason: null, failures: [], misses: 0, retryAt: null }

const to =
  (state: State): Step =>
  ({ failures }) => ({ ...STOPPED, state, failures })
/** After a wish, earlier failures no longer count. */
const anew =
  (state: State): Step =>
  () => ({ ...STOPPED, state })
/** What it broke of is told until it is ready. */
const due: Step = ({ failures, reason }) => ({ ...STOPPED, state: 'starting', failures, reason })
const again: Step = (_, { reason, now }) => ({ ...STOPPED, state: 'restarting', reason, retryAt: now })
const fail: Step = ({ failures }, { reason }) => ({ ...STOPPED, state: 'failed', reason, failures })

const breaks: Step = (from, at) => {
  const failures = [...counted(from, at), at.now]
  if (failures.length > at.policy.attempts) return fail({ ...from, failures }, at)
  return { ...STOPPED, state: 'restarting', reason: at.reason, failures, retryAt: at.now + at.random * ceiling(failures.length, at.policy) }
}

/** Those within the window; a start that came to no end has healed nothing, however long it took. */
const counted = ({ state, failures }: Condition, { now, policy }: Moment): readonly number[] =>
  state === 'starting' ? failures : failures.filter((then) => then > now - policy.windowMs)

/** Exponential, with full jitter below it, so that what broke together does not come back together. */
const ceiling = (failures: number, { backoffMs, maxBackoffMs }: Policy): number => Math.min(maxBackoffMs, backoffMs * 2 ** (failures - 1))

const misses: Step = (from, at) => {
  const count = from.misses + 1
  return count >= at.policy.misses ? breaks(from, at) : { ...from, state: 'degraded', reason: at.reason, misses: count }
}

const TABLE: Readonly<Record<State, Readonly<Partial<Record<Event, Step>>>>> = {
  stopped: { start: anew('starting'), restart: anew('starting') },
  starting: { ready: to('ready'), broken: breaks, hopeless: fail, stop: to('stopping'), restart: again },
  ready: { unhealthy: misses, broken: breaks, stop: to('stopping'), restart: again },
  degraded: { healthy: to('ready'), unhealthy: misses, broken: breaks, stop: to('stopping'), restart: again },
  restarting: { due, stop: to('stopping'), restart: again },
  failed: { start: anew('starting'), restart: anew('starting'), stop: to('stopping') },
  stopping: { gone: anew('stopped') },
}

/** What the event leads to; the same condition where it means nothing. */
export const next = (from: Condition, event: Event, at: Moment): Condition => TABLE[from.state][event]?.(from, at) ?? from
