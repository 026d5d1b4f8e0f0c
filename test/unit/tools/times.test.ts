import { expect, onTestFinished, test, vi } from 'vitest'
import { parseTime } from '../../../tools/vfs/schemas.ts'

test.each([
  ['2026-11-21', '2026-11-21T00:00:00.000Z'],
  ['2026-11-21T07:52:08Z', '2026-11-21T07:52:08.000Z'],
  ['2026-11-21T07:52:08.5+02:00', '2026-11-21T05:52:08.500Z'],
  ['2026-11-21T07:52', '2026-11-21T07:52:00.000Z'],
  [' 2026-11-21 07:52:08 ', '2026-11-21T07:52:08.000Z'],
])('%j is a time, of UTC if it names no other zone', (text, time) => {
  vi.stubEnv('TZ', 'America/New_York')
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(parseTime('since', text).toISOString()).toBe(time)
})

test('so long ago is counted from now', () => {
  const [before, time, after] = [Date.now(), parseTime('since', '2h').getTime() + 7_200_000, Date.now()]
  expect(time).toBeGreaterThanOrEqual(before)
  expect(time).toBeLessThanOrEqual(after)
})

test.each(['5', '12', '-1', '2026', '2026-11', '2026-02-31', 'Nov 21', 'yesterday 5', 'last 5', '10 minutes', '1764000000', '', '2h ago'])(
  '%j is none',
  (text) => {
    expect(() => parseTime('since', text)).toThrow(/^since: .* is no time/)
  },
)
