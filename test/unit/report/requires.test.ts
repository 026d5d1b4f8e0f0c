import { afterEach, expect, test, vi } from 'vitest'
import { ofKernel, requires } from '../../support/requires.ts'

afterEach(() => void vi.unstubAllEnvs())

/** What `requires` did to the test: nothing, or the reason of its skip. */
async function outcome(probe: Parameters<typeof requires>[1]): Promise<string | undefined> {
  const skip = vi.fn<(reason: string) => void>()
  await requires('ipfs', probe)({ skip })
  return skip.mock.calls[0]?.[0]
}

test('runs what has all it needs', async () => {
  expect(await outcome(() => true)).toBeUndefined()
})

test.each([
  ['says no', () => false, 'needs ipfs'],
  ['says why', () => 'no such program', 'needs ipfs: no such program'],
  ['fails', () => Promise.reject(new Error('refused')), 'needs ipfs: refused'],
])('skips with the reason when the probe %s', async (_, probe, reason) => {
  vi.stubEnv('CI', 'false')
  expect(await outcome(probe)).toBe(reason)
})

test('skips nothing in CI', async () => {
  vi.stubEnv('CI', 'true')
  await expect(outcome(() => false)).rejects.toThrow('needs ipfs (CI=true skips nothing)')
})

test('what no installation brings is skipped there too', async () => {
  vi.stubEnv('CI', 'true')
  const skip = vi.fn<(reason: string) => void>()
  await ofKernel('btrfs', () => false)({ skip })
  expect(skip).toHaveBeenCalledExactlyOnceWith('needs btrfs')
})
