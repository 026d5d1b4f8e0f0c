import { expect, test } from 'vitest'
import { VfsError } from '../../../src/core/error.ts'
import { lookAt } from '../../../src/ipfs/moving.ts'

const missing = (): VfsError => new VfsError('OFFLINE', 'not here')

/** A tree whose root becomes the next one of these whenever somebody asks where it is. */
const moving = (...roots: string[]) => {
  let asked = 0
  return async (): Promise<string> => roots[Math.min(asked++, roots.length - 1)] ?? ''
}

test('what was replaced and collected meanwhile is looked for where the tree is now', async () => {
  const collected = new Set(['one', 'two'])
  const looked = await lookAt(moving('one', 'two', 'three'), async (at) => {
    if (collected.has(at)) throw missing()
    return at
  })
  expect(looked).toBe('three')
})

test('what is missing of a tree that stays is missing, and anything else is told at once', async () => {
  const looks: string[] = []
  const failing = (error: VfsError) => async (at: string) => {
    looks.push(at)
    throw error
  }
  await expect(lookAt(moving('one'), failing(missing()))).rejects.toMatchObject({ code: 'OFFLINE' })
  await expect(lookAt(moving('one', 'two'), failing(new VfsError('NOT_FOUND', 'no')))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(looks).toEqual(['one', 'one'])
})
