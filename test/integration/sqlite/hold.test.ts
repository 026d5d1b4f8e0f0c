import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Hold } from '../../../src/sqlite/hold.ts'
import { Child } from '../../support/children.ts'

let folder: string
const children: Child[] = []
const holder = async (name: string): Promise<Child> => {
  const child = new Child(new URL('holder.ts', import.meta.url), folder, name)
  children.push(child)
  expect(await child.line()).toBe('held')
  return child
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hold-'))
})
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()))
  rmSync(folder, { recursive: true })
})

test('one process holds a name; its death frees it', async () => {
  const child = await holder('peer')
  expect(Hold.try(folder, 'peer')).toBeUndefined()
  expect(Hold.try(folder, 'other')?.release()).toBeUndefined()
  await child.kill()
  const hold = Hold.try(folder, 'peer')
  expect(hold).toBeDefined()
  hold?.release()
})

test('a stopped process still holds', async () => {
  const child = await holder('peer')
  child.process.kill('SIGSTOP')
  expect(Hold.try(folder, 'peer')).toBeUndefined()
})

test('a hold that nobody refers to outlives the collection of garbage', () => {
  expect(Hold.try(folder, 'mine') !== undefined).toBe(true)
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  expect(Hold.try(folder, 'mine')).toBeUndefined()
})

test('a failed try by the same process does not drop its hold for others', async () => {
  const hold = Hold.try(folder, 'mine')
  expect(Hold.try(folder, 'mine')).toBeUndefined()
  const child = new Child(new URL('holder.ts', import.meta.url), folder, 'mine')
  children.push(child)
  expect(await child.line()).toBe('refused')
  hold?.remove()
  expect(existsSync(join(folder, 'mine.lock'))).toBe(false)
  Hold.try(folder, 'mine')?.release()
})

test('with `existing` a name without a file is not taken, and none is made', () => {
  expect(Hold.try(folder, 'never', { existing: true })).toBeUndefined()
  expect(existsSync(join(folder, 'never.lock'))).toBe(false)
})

test('what is no lock file is an error, not a hold', () => {
  writeFileSync(join(folder, 'bad.lock'), 'x'.repeat(4096))
  expect(() => Hold.try(folder, 'bad')).toThrow(expect.objectContaining({ code: 'IO_ERROR' }))
  expect(() => Hold.try(join(folder, 'no'), 'x')).toThrow('directory does not exist')
})
