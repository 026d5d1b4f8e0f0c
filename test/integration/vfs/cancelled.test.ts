import { existsSync } from 'node:fs'
import { utimes, writeFile } from 'node:fs/promises'
import { setImmediate as breathe } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { forward, forwardTrash } from '../../../src/layers/forward.ts'
import type { Services } from '../../../src/registry/services.ts'
import { HistoryTools } from '../../../tools/vfs/history.tools.ts'
import { connectTo } from '../../support/client.ts'
import { partsOf, registryOf } from '../../support/toolset.ts'
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

test('while a cancelled copy is taken back its history says so, and it cannot be undone yet', async () => {
  const [removing, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const memory = new MemoryBackend()
  const slow = forward(memory, {
    trash: forwardTrash(memory.trash, (trash) => ({
      put: async (...args) => {
        removing.resolve()
        await released.promise
        return trash.put(...args)
      },
    })),
  })
  await using t = await openTestVfs({ '/x': {}, '/y': slow })
  for (const name of ['a', 'b', 'c']) await t.write(`/x/src/${name}`, name, { parents: true })
  const services: Partial<Services> = { vfs: t.vfs }
  await using session = await connectTo(partsOf(await registryOf({ classes: { HistoryTools }, services: services as Services }), t.events))
  const caller = new AbortController()
  t.events.on('changed', ({ op }) => op === 'copy' && caller.abort())
  const copying = t.vfs.copy(p('/x/src'), p('/y/dst'), { ...call, signal: caller.signal })
  await removing.promise
  const { text, result } = await session.call('vfs_history', { path: '/y' })
  expect(text).toContain('[being taken back]')
  const [whole] = result['changes'] as { change: string; state: string }[]
  expect(whole).toMatchObject({ op: 'copy', state: 'aborting' })
  expect((await session.call('vfs_undo', { change: whole?.change })).text).toMatch(/^BUSY: .*being taken back/)
  released.resolve()
  await expect(copying).rejects.toMatchObject({ code: 'CANCELLED' })
  expect((await session.call('vfs_history', { path: '/y' })).text).toContain('[aborted]')
  expect(await t.names('/y')).toEqual([])
})
