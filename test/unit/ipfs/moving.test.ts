import { expect, test } from 'vitest'
import { VfsError } from '../../../src/core/error.ts'
import { listAt, lookAt } from '../../../src/ipfs/moving.ts'

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

/** Folders by their roots; of one that is collected only the first entries are there still. */
const folders = (names: Readonly<Record<string, readonly string[]>>, collected: string) =>
  async function* (at: string, after = ''): AsyncGenerator<{ readonly name: string }> {
    for (const name of names[at]?.filter((one) => one > after) ?? []) {
      if (at === collected && name > 'b') throw missing()
      yield { name }
    }
  }

test('a listing goes on in what stands there now, after the last name that it told', async () => {
  const list = folders({ one: ['a', 'b', 'c', 'd'], two: ['a', 'aa', 'c', 'e'] }, 'one')
  const listed = await Array.fromAsync(listAt(moving('one', 'two'), list))
  expect(listed.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'e'])
  expect(await Array.fromAsync(listAt(moving('one', 'two'), list, 'c'))).toEqual([{ name: 'e' }])
  await expect(Array.fromAsync(listAt(moving('one'), list))).rejects.toMatchObject({ code: 'OFFLINE' })
})

test('a listing whose reader stops is stopped where it stands', async () => {
  const ended: string[] = []
  async function* list(at: string): AsyncGenerator<{ readonly name: string }> {
    try {
      yield { name: 'a' }
      yield { name: 'b' }
    } finally {
      ended.push(at)
    }
  }
  for await (const { name } of listAt(moving('one'), list)) if (name === 'a') break
  expect(ended).toEqual(['one'])
})
