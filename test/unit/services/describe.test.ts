import { describe, expect, test } from 'vitest'
import { isComing, told, unavailable } from '../../../src/services/describe.ts'
import type { ServiceStatus } from '../../../src/services/types.ts'

const status = (rest: Partial<ServiceStatus>): ServiceStatus => ({
  name: 'kubo',
  state: 'ready',
  reason: null,
  since: 0,
  failures: 0,
  attempts: 5,
  retryAt: null,
  url: null,
  pid: null,
  startedAt: null,
  restarts: 0,
  usage: null,
  notes: [],
  tail: [],
  supervisor: null,
  held: false,
  pending: false,
  ...rest,
})

describe('what a caller is told', () => {
  test.each([
    [{ state: 'starting' }, 'kubo is starting'],
    [{ state: 'starting', reason: 'a person asked for it' }, 'kubo is starting: a person asked for it'],
    [{ state: 'starting', failures: 2, reason: 'it ended with code 1' }, 'kubo is starting again, attempt 2 of 5: it ended with code 1'],
    [{ state: 'degraded', reason: 'it hangs' }, 'kubo does not answer: it hangs; it is restarted if that goes on'],
    [
      { state: 'restarting', failures: 3, retryAt: 3000, reason: 'it was ended by SIGKILL' },
      'kubo is down: it was ended by SIGKILL; it starts again in 2.0 s, attempt 3 of 5',
    ],
    [{ state: 'restarting', failures: 3, retryAt: 500 }, 'kubo is down; it starts again in 0.0 s, attempt 3 of 5'],
    [{ state: 'failed', reason: 'too old' }, 'kubo has failed: too old; a person runs: polymount services restart kubo'],
    [{ state: 'stopped', held: true }, 'kubo was stopped by a person, who starts it with: polymount services start kubo'],
  ] as const)('%j', (rest, text) => {
    expect(told(status(rest), 1000)).toBe(text)
  })

  test('whether to repeat the call', () => {
    expect(unavailable(status({ state: 'restarting' }), 0)).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true, details: { state: 'restarting' } })
    expect(unavailable(status({ state: 'failed' }), 0)).toMatchObject({ retryable: false, hint: 'A person runs: polymount services restart kubo' })
    expect(unavailable(status({ state: 'stopped', held: true }), 0)).toMatchObject({ retryable: false })
  })
})

test('a caller waits for the first start only', () => {
  expect([{ state: 'starting' }, { state: 'stopped' }].map((rest) => isComing(status(rest as Partial<ServiceStatus>)))).toEqual([true, true])
  const others = [{ state: 'starting', failures: 1 }, { state: 'stopped', held: true }, { state: 'restarting' }, { state: 'degraded' }, { state: 'failed' }]
  expect(others.map((rest) => isComing(status(rest as Partial<ServiceStatus>)))).toEqual([false, false, false, false, false])
})
