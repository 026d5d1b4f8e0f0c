import { afterEach, beforeEach, expect, test } from 'vitest'
import { Hold } from '../../../src/sqlite/hold.ts'
import { Share } from '../../../src/sqlite/share.ts'
import { Child } from '../../support/children.ts'
import { temporaryFolder } from '../../support/content.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
const children: Child[] = []

async function start(script: string, says: string): Promise<Child> {
  const child = new Child(new URL(script, import.meta.url), folder.path, 'name')
  children.push(child)
  expect(await child.line()).toBe(says)
  return child
}

beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()))
  await folder[Symbol.asyncDispose]()
})

test('many have a share, and nobody the whole, until the last of them has died', async () => {
  using mine = new Share(folder.path, 'name')
  const [one, two] = [await start('sharer.ts', 'shared'), await start('sharer.ts', 'shared')]
  expect(mine.take()).toBe(true)
  mine.drop()
  await one.kill()
  two.process.kill('SIGSTOP')
  expect(Hold.try(folder.path, 'name')).toBeUndefined()
  await two.kill()
  const hold = Hold.try(folder.path, 'name')
  expect(hold).toBeDefined()
  hold?.release()
})

test('nobody has a share while somebody holds the whole, and what was refused can be asked for again', async () => {
  using mine = new Share(folder.path, 'name')
  const holder = await start('holder.ts', 'held')
  expect([mine.take(), mine.take()]).toEqual([false, false])
  await start('sharer.ts', 'refused')
  await holder.kill()
  expect(mine.take()).toBe(true)
  await start('holder.ts', 'refused')
  mine.drop()
  await start('holder.ts', 'held')
})

test('a failed try by the same process does not drop its share for others', async () => {
  using mine = new Share(folder.path, 'name')
  expect(mine.take()).toBe(true)
  expect(Hold.try(folder.path, 'name')).toBeUndefined()
  await start('holder.ts', 'refused')
})
