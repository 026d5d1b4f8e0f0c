import { expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Bytes } from '../../../src/core/backend.ts'
import { VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

/** A disk with a bad moment. */
class Passing extends MemoryBackend {
  failing = false
  override read(...given: Parameters<MemoryBackend['read']>): Bytes {
    if (this.failing) throw new VfsError('IO_ERROR', 'a bad sector')
    return super.read(...given)
  }
}

const [here, there] = [p('/a/k'), p('/b/k')]

test.each([
  ['can be read again', false, 'CONFLICT'],
  ['cannot be read now', true, 'IO_ERROR'],
])('a copy that %s is not replaced by another: nobody has seen that it is damaged', async (_, failing, code) => {
  const backend = new Passing()
  await using t = await openTestVfs({ '/a': backend, '/b': new MemoryBackend() })
  const { change } = await t.vfs.copies.store(here, [there], Buffer.from('hello'), call)
  backend.failing = failing
  await expect(t.vfs.copies.repair(here, there, call)).rejects.toMatchObject({ code })
  backend.failing = false
  expect(await t.text(here)).toBe('hello')
  const done = t.journal.history({ limit: 10, states: ['done'] })
  expect(done.map((record) => record.change)).toEqual([change])
  expect(await t.vfs.copies.of(here, call)).toMatchObject([{ path: there }])
})
