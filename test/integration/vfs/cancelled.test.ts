import { existsSync } from 'node:fs'
import { utimes, writeFile } from 'node:fs/promises'
import { setImmediate as breathe } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { vfsPath as p } from '../../../src/core/path.ts'
import { call, openTestVfs } from '../../support/vfs.ts'
import { site } from '../local/site.ts'

/** What comes of work whose caller goes as soon as the file is there, or not there. */
async function leaving(at: string, there: boolean, work: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const caller = new AbortController()
  const working = work(caller.signal)
  while (existsSync(at) !== there) await breathe()
  caller.abort()
  await working.catch(() => undefined)
}

test('a caller who goes once the effect is there finds it in the history, and can undo it', async () => {
  const { backend, host } = await site()
  await using t = await openTestVfs({ '/w': backend })
  await writeFile(host('f'), 'precious')
  // So young that its etag has to wait, which is when the caller goes.
  const soon = new Date(Date.now() + 700)
  await utimes(host('f'), soon, soon)
  await leaving(host('f'), false, (signal) => t.vfs.remove(p('/w/f'), { ...call, signal }))
  const [removal] = await t.vfs.history(p('/w/f'), { ...call, limit: 1 })
  expect(removal).toMatchObject({ kind: 'remove', state: 'done' })
  await leaving(host('f'), true, (signal) => t.vfs.undo({ change: removal?.change }, { ...call, signal }))
  expect(await t.vfs.history(p('/w/f'), { ...call, limit: 1 })).toMatchObject([{ kind: 'undo', state: 'done' }])
  expect(await t.text('/w/f')).toBe('precious')
})
