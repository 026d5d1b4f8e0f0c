import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Folder } from '../../../backends/local/folder.ts'
import { LocalBackend } from '../../../backends/local/local.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf } from '../../contract/support.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'

let root: string
let t: TestVfs

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'polymount-afterwards-'))
  mkdirSync(join(root, 'd'))
  writeFileSync(join(root, 'd/f'), 'old')
  t = await openTestVfs({ '/work': new LocalBackend({ root }) })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await t[Symbol.asyncDispose]()
  await rm(root, { recursive: true })
})

/** What is made durable fails once it is made. */
const failing = (code: string): unknown =>
  vi.spyOn(Folder.prototype, 'sync').mockRejectedValue(Object.assign(new Error(code.toLowerCase()), { code, syscall: 'fsync' }))
const at = (path: string): string | undefined => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined)

describe('a change that took place, and could not be made durable, is not taken for one that did not', () => {
  test.each([
    ['a file is replaced', 'EIO', () => t.write('/work/d/f', 'new'), () => at('d/f') === 'new'],
    ['a file is replaced on a full disk', 'ENOSPC', () => t.write('/work/d/f', 'new'), () => at('d/f') === 'new'],
    ['a file is made', 'EIO', () => t.write('/work/d/g', 'new'), () => at('d/g') === 'new'],
    ['a file is moved', 'EIO', () => t.vfs.move(p('/work/d/f'), p('/work/d/g'), call), () => at('d/g') === 'old' && at('d/f') === undefined],
    ['a file is copied', 'EIO', () => t.vfs.copy(p('/work/d/f'), p('/work/d/g'), call), () => at('d/g') === 'old'],
    ['a folder is made', 'EIO', () => t.vfs.mkdir(p('/work/e'), call), () => existsSync(join(root, 'e'))],
    ['a folder is removed', 'EIO', () => t.vfs.remove(p('/work/d'), { ...call, recursive: true }), () => !existsSync(join(root, 'd'))],
  ])('%s (%s)', async (_, code, change, stands) => {
    failing(code)
    expect(await codeOf(change())).toBe('OUTCOME_UNKNOWN')
    vi.restoreAllMocks()
    expect(stands()).toBe(true)
    const [newest] = t.journal.history({ limit: 1 })
    expect(newest?.state).toBe('in_doubt')
    await t.vfs.undo({ change: newest?.change ?? '' }, call)
    expect([at('d/f'), at('d/g'), existsSync(join(root, 'e'))]).toEqual(['old', undefined, false])
  })
})

test('a folder that is moved while a file of it is made durable: nobody says that nothing was written', async () => {
  vi.spyOn(Folder.prototype, 'sync').mockImplementationOnce(async () => renameSync(join(root, 'd'), join(root, 'moved')))
  expect(await codeOf(t.write('/work/d/f', 'new'))).toBe('OUTCOME_UNKNOWN')
  expect(at('moved/f')).toBe('new')
  await t.journal.recover()
  expect(t.journal.history({ limit: 1 }).map(({ state }) => state)).toEqual(['conflict'])
})
