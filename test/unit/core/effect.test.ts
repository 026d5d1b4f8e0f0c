import { expect, test } from 'vitest'
import { afterwards, surely } from '../../../src/core/effect.ts'
import { type ErrorCode, VfsError } from '../../../src/core/error.ts'

const failing = (code: ErrorCode) => async (): Promise<never> => {
  throw new VfsError(code, 'it failed')
}

test.each([
  ['a refusal', 'CONFLICT', 'stands', 'CONFLICT'],
  ['no answer, and it stands', 'UNAVAILABLE', 'stands', 'stands'],
  ['no answer in time, and it stands', 'TIMEOUT', 'stands', 'stands'],
  ['a caller who has gone, and it stands', 'CANCELLED', 'stands', 'stands'],
  ['no answer, and it does not stand', 'UNAVAILABLE', undefined, 'OUTCOME_UNKNOWN'],
  ['no answer, and nothing of it', 'UNAVAILABLE', false, 'OUTCOME_UNKNOWN'],
] as const)('%s: %s, %s: ends in %s', async (_, code, look, end) => {
  const told = surely(failing(code), async () => look).catch((error: unknown) => (error instanceof VfsError ? error.code : error))
  expect(await told).toBe(end)
})

test('what cannot be looked at is in doubt because of that', async () => {
  await expect(surely(failing('TIMEOUT'), failing('UNAVAILABLE'), { path: '/p' })).rejects.toMatchObject({
    code: 'OUTCOME_UNKNOWN',
    path: '/p',
    cause: { code: 'UNAVAILABLE' },
  })
})

test('a storage may say in its own way what is no answer', async () => {
  const unclear = (error: unknown): boolean => error instanceof RangeError
  const request = async (): Promise<string> => {
    throw new RangeError('lost')
  }
  expect(await surely(request, async () => 'found', { unclear })).toBe('found')
  await expect(surely(failing('UNAVAILABLE'), async () => 'found', { unclear })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

test('whatever fails once it took place is in doubt, and says what failed', async () => {
  await expect(afterwards(failing('NOT_FOUND'))).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', message: 'it took place, and then it failed' })
  expect(await afterwards(async () => 'fine')).toBe('fine')
})
