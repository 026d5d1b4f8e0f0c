import { describe, expect, test } from 'vitest'
import { type Condition, type Event, EVENTS, next, type Policy, STATES, type State, STOPPED } from '../../../src/services/machine.ts'
import { TIMING } from '../../../src/services/timing.ts'

const POLICY: Policy = { attempts: 3, windowMs: 1000, backoffMs: 100, maxBackoffMs: 1000, misses: 3 }
const at = (now: number, random = 0.5, reason: string | null = 'why'): Parameters<typeof next>[2] => ({ now, random, reason, policy: POLICY })
const inState = (state: State, rest: Partial<Condition> = {}): Condition => ({ ...STOPPED, state, ...rest })

/** For every state what each event leads to, in the order of the head; `-` is nothing. */
const HEAD: readonly Event[] = ['start', 'stop', 'restart', 'ready', 'healthy', 'unhealthy', 'broken', 'hopeless', 'due', 'gone']
const WHOLE: Readonly<Record<State, string>> = {
  stopped: 'starting   -        starting   -     -     -        -          -      -        -',
  starting: '-         stopping restarting ready -     -        restarting failed -        -',
  ready: '-         stopping restarting -     -     degraded restarting -      -        -',
  degraded: '-         stopping restarting -     ready degraded restarting -      -        -',
  restarting: '-         stopping restarting -     -     -        -          -      starting -',
  failed: 'starting  stopping starting   -     -     -        -          -      -        -',
  stopping: '-         -        -          -     -     -        -          -      -        stopped',
}

test('the table names every event and every state', () => {
  expect(HEAD.toSorted()).toEqual(Object.keys(EVENTS).toSorted())
  expect(Object.keys(WHOLE)).toEqual([...STATES])
})

describe.each(STATES)('%s', (state) => {
  test.each(HEAD.map((event, column) => [event, WHOLE[state].split(/ +/)[column] ?? '']))('on %s: %s', (event, target) => {
    const from = inState(state)
    const reached = next(from, event, at(0))
    expect(reached === from ? '-' : reached.state).toBe(target)
  })
})

describe('failures', () => {
  test('each pause is at most twice the one before, up to a limit, and the jitter is full', () => {
    const policy = { ...POLICY, attempts: 10 }
    const pauses = (random: number): number[] => {
      let condition = inState('starting')
      return Array.from({ length: 6 }, () => {
        condition = next({ ...condition, state: 'starting' }, 'broken', { ...at(0, random), policy })
        return condition.retryAt ?? NaN
      })
    }
    expect(pauses(0)).toEqual([0, 0, 0, 0, 0, 0])
    expect(pauses(1)).toEqual([100, 200, 400, 800, 1000, 1000])
  })

  test('what breaks once is back at once: the first pause is no longer than half a second', () => {
    expect(next(inState('ready'), 'broken', { ...at(0, 1), policy: TIMING }).retryAt).toBeLessThanOrEqual(500)
  })

  test('one more than the limit within the window is failed, with its reason', () => {
    const failures = [600, 700, 800]
    expect(next(inState('ready', { failures }), 'broken', at(900))).toMatchObject({
      state: 'failed',
      reason: 'why',
      failures: [...failures, 900],
      retryAt: null,
    })
  })

  test('those before the window are forgotten', () => {
    expect(next(inState('ready', { failures: [100, 200, 300] }), 'broken', at(1250))).toMatchObject({ state: 'restarting', failures: [300, 1250] })
  })

  test('starts that come to no end are all counted, however long each of them takes', () => {
    let condition = inState('starting')
    for (const now of [900, 1800, 2700, 3600]) condition = next({ ...condition, state: 'starting' }, 'broken', at(now))
    expect(condition).toMatchObject({ state: 'failed', failures: [900, 1800, 2700, 3600] })
  })

  test('being ready does not forget them, a person does', () => {
    const failures = [1, 2]
    expect(next(inState('starting', { failures }), 'ready', at(3)).failures).toEqual(failures)
    expect(next(inState('failed', { failures }), 'start', at(3)).failures).toEqual([])
    expect(next(inState('ready', { failures }), 'restart', at(3))).toMatchObject({ failures: [], retryAt: 3, reason: 'why' })
  })

  test('what broke it is told while it starts again, until it is ready', () => {
    const again = next(inState('restarting', { reason: 'it ended', failures: [1] }), 'due', at(2, 0, null))
    expect(again).toMatchObject({ state: 'starting', reason: 'it ended', failures: [1], retryAt: null })
    expect(next(again, 'ready', at(3, 0, null)).reason).toBeNull()
  })

  test('what repeating cannot heal fails at once', () => {
    expect(next(inState('starting'), 'hopeless', at(0))).toMatchObject({ state: 'failed', reason: 'why' })
  })
})

test('a check that is missed degrades, several in a row are a failure, one answer heals', () => {
  const once = next(inState('ready'), 'unhealthy', at(0))
  expect(once).toMatchObject({ state: 'degraded', misses: 1, reason: 'why', failures: [] })
  expect(next(once, 'healthy', at(0))).toMatchObject({ state: 'ready', misses: 0, reason: null })
  const twice = next(once, 'unhealthy', at(0))
  expect(twice).toMatchObject({ state: 'degraded', misses: 2 })
  expect(next(twice, 'unhealthy', at(0))).toMatchObject({ state: 'restarting', misses: 0, failures: [0] })
})
