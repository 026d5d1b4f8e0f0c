import { expect, test } from 'vitest'
import { VfsError } from '../../../src/core/error.ts'
import { ROOT } from '../../../src/core/path.ts'
import { UnavailableBackend } from '../../../src/layers/unavailable.ts'

test.each([
  [new VfsError('PERMISSION_DENIED', 'no way', { hint: 'ask' }), { code: 'PERMISSION_DENIED', hint: 'ask', backend: 'far' }],
  [new Error('boom'), { code: 'UNAVAILABLE', message: 'far could not be opened', backend: 'far' }],
])('every question is answered with why it could not be opened', async (cause, answer) => {
  const backend = new UnavailableBackend('far', cause)
  await expect(backend.check()).rejects.toMatchObject(answer)
  await expect(backend.stat(ROOT)).rejects.toMatchObject({ ...answer, op: 'stat', path: '/' })
  await expect(Array.fromAsync(backend.list(ROOT))).rejects.toMatchObject({ ...answer, op: 'list' })
  await expect(Array.fromAsync(backend.read(ROOT))).rejects.toMatchObject({ ...answer, op: 'read' })
  await expect(backend.write(ROOT, backend.read(ROOT))).rejects.toMatchObject({ code: 'UNSUPPORTED' })
})
