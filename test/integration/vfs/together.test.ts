import { readdirSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { setImmediate as breathe } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { call, openTestVfs } from '../../support/vfs.ts'
import { site } from '../local/site.ts'

const other = { actor: { client: 'other', session: 's2' } }

test.each(['on', 'off'] as const)('a folder that somebody fills meanwhile is not removed as an empty one, with versions %s', async (versions) => {
  /** Somebody else is quicker, once the folder was found empty. */
  class Overtaken extends MemoryBackend {
    override async *list(...args: Parameters<MemoryBackend['list']>): ReturnType<MemoryBackend['list']> {
      yield* super.list(...args)
      await (filled ??= t.write('/m/d/f', 'theirs', other))
    }
  }
  let filled: Promise<unknown> | undefined
  await using t = await openTestVfs({ '/m': { backend: new Overtaken(), versions } })
  await t.vfs.mkdir(p('/m/d'), call)
  await expect(t.vfs.remove(p('/m/d'), call)).rejects.toMatchObject({ code: 'NOT_EMPTY' })
  expect(await t.text('/m/d/f')).toBe('theirs')
})

test('a folder that is removed for good and not to its end is told as partial', async () => {
  const { backend, host } = await site()
  await using t = await openTestVfs({ '/w': { backend, versions: 'off' } })
  await mkdir(host('d'))
  for (let i = 0; i < 1500; i++) writeFileSync(host(`d/${i}`), '')
  const caller = new AbortController()
  const removal = t.vfs.remove(p('/w/d'), { ...call, recursive: true, signal: caller.signal }).catch((error: unknown) => error)
  while (readdirSync(host('d')).length === 1500) await breathe()
  caller.abort()
  expect(await removal).toMatchObject({ code: 'PARTIAL' })
  expect(await t.vfs.history(p('/w/d'), { ...call, limit: 1 })).toMatchObject([{ state: 'partial' }])
})

test('an undo keeps what it replaces if one of the mounts of the file keeps versions', async () => {
  const { backend, root } = await site()
  const twin = new LocalBackend({ root })
  onTestFinished(() => twin[Symbol.asyncDispose]())
  await using t = await openTestVfs({ '/off': { backend: twin, versions: 'off' }, '/on': backend })
  await t.write('/on/f', 'one')
  const { change } = await t.write('/on/f', 'two')
  const undone = await t.vfs.undo({ change: change! }, call)
  await t.vfs.undo({ change: undone.change! }, call)
  expect(await t.text('/on/f')).toBe('two')
})
