import { describe, expect, test } from 'vitest'
import type { Backend } from '../../../src/core/backend.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'
import { codeOf, scratch, text } from '../support.ts'

const p = (path: string) => vfsPath(`/x/${path}`)

/** Makes an empty storage for a gateway with this data folder. */
export type MakeOne = (data: string) => Promise<Backend>

/** What the journal promises over a storage: every content comes back, a session goes back as one, and nobody's update is lost. */
export function rememberingWhatWas(title: string, make: MakeOne): void {
  const data = scratch('history')
  const over = async (work: (t: TestVfs) => Promise<void>): Promise<void> => {
    const folder = await data()
    await using backend = await make(folder)
    await using t = await openTestVfs({ '/x': backend }, { folder })
    await work(t)
  }

  describe(`the VFS over ${title}`, () => {
    test.each([
      ['few', 'one', 'two'],
      ['many', 'one '.repeat(25_000), 'two '.repeat(25_000)],
    ])('knows every content that a file had, and brings it back (of %s bytes)', (_, one, two) =>
      over(async (t) => {
        const first = await t.write('/x/f', one)
        const second = await t.write('/x/f', two)
        const removed = await t.vfs.remove(p('f'), call)
        const versions = [first, second, removed].map(async ({ change }) => text((await t.vfs.version(p('f'), change!, call)).read()))
        expect(await Promise.all(versions)).toEqual([one, two, two])
        const restored = await t.vfs.restore(p('f'), first.change!, call)
        expect(await t.text('/x/f')).toBe(one)
        const history = await t.vfs.history(p('f'), { ...call, limit: 10 })
        expect(history.map(({ change }) => change)).toEqual([restored, removed, second, first].map(({ change }) => change))
        await t.vfs.undo({ change: restored.change! }, call)
        await t.vfs.undo({ change: removed.change! }, call)
        expect(await t.text('/x/f')).toBe(two)
      }),
    )

    test('takes all that a session did back as one', () =>
      over(async (t) => {
        await t.write('/x/a', 'a', { parents: true })
        await t.write('/x/d/b', 'b', { parents: true })
        await t.vfs.move(p('a'), p('d/a'), call)
        await t.vfs.copy(p('d'), p('e'), call)
        await t.write('/x/d/b', 'b again')
        await t.vfs.remove(p('d'), { ...call, recursive: true })
        expect(await t.vfs.undo({ session: call.actor.session }, call)).toMatchObject({ conflicts: [] })
        expect(await t.names('/x')).toEqual([])
      }))

    test('lets exactly one of twenty racing writers have its way, and knows what it replaced', () =>
      over(async (t) => {
        const first = await t.write('/x/f', 'start')
        const write = async (i: number): Promise<string> => {
          const end = await codeOf(t.write('/x/f', `writer ${i}`, { ifMatch: first.stat!.etag }))
          return end === 'BUSY' ? write(i) : end // on a slow machine a turn may take longer than anybody waits for it
        }
        const ends = await Promise.all(Array.from({ length: 20 }, (_, i) => write(i)))
        expect(ends.toSorted()).toEqual([...Array.from({ length: 19 }, () => 'CONFLICT'), 'none'])
        expect(await t.text('/x/f')).toBe(`writer ${ends.indexOf('none')}`)
        const [winner, ...others] = (await t.vfs.history(p('f'), { ...call, limit: 30 })).filter(({ state }) => state !== 'aborted')
        expect(others.map(({ change }) => change)).toEqual([first.change])
        await t.vfs.undo({ change: winner!.change }, call)
        expect(await t.text('/x/f')).toBe('start')
      }))
  })
}
