import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { open, temporaryFolder } from '../../support/journal.ts'
import { openTestVfs } from '../../support/vfs.ts'

test.each(['removed', 'replaced'])('once its journal was %s under a running process no change is told as kept, and none is made', async (how) => {
  await using served = await temporaryFolder()
  await using t = await openTestVfs({ '/w': new LocalBackend({ root: served.folder }) })
  await t.write('/w/f', 'before')
  for (const end of ['', '-wal', '-shm']) rmSync(join(t.folder, `journal.db${end}`))
  await using others = new AsyncDisposableStack()
  if (how === 'replaced') others.use(await open(t.folder))
  const gone = { code: 'UNAVAILABLE', retryable: false, hint: expect.stringContaining('Restart') }
  await expect(t.write('/w/f', 'after')).rejects.toMatchObject(gone)
  await expect(t.write('/w/new', 'after')).rejects.toMatchObject(gone)
  expect(readFileSync(join(served.folder, 'f'), 'utf8')).toBe('before')
  expect(await t.names('/w')).toEqual(['f'])
  expect(await t.text('/w/f')).toBe('before')
})
