import { expect, test } from 'vitest'
import { troubles } from '../../../src/services/troubles.ts'

test('the log hears once of each way in which a service breaks, of its return, and of nothing that goes well or was asked for', () => {
  const told: unknown[][] = []
  const hear = troubles((...line) => void told.push(line))
  const states = (name: string, ...all: readonly (readonly [string, string | null])[]): void => {
    for (const [state, reason] of all) hear({ name, state, reason })
  }
  states('kubo', ['starting', null], ['ready', null], ['restarting', null], ['starting', null], ['ready', null], ['stopping', null], ['stopped', null])
  expect(told).toEqual([])
  states('kubo', ['degraded', 'no answer'], ['ready', null], ['restarting', 'it died'], ['starting', null], ['restarting', 'it died'], ['failed', 'it died'])
  states('rclone', ['ready', null])
  states('kubo', ['starting', null], ['ready', null])
  expect(told).toEqual([
    ['kubo: degraded', 'no answer'],
    ['kubo: ready', 'it was degraded'],
    ['kubo: restarting', 'it died'],
    ['kubo: failed', 'it died'],
    ['kubo: ready', 'it was failed'],
  ])
})
