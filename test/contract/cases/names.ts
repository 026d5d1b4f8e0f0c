import { describe, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath } from '../../../src/core/path.ts'
import type { ContractOptions } from '../backend.contract.ts'
import { codeOf, names, type Plant, text } from '../support.ts'

const LONGEST = 'n'.repeat(255)

/** What other storages have stumbled over: rclone's collection and ours. */
const ODD = [
  'a b',
  ' leading',
  'trailing ',
  'trailing.',
  '...',
  '.hidden',
  '-x',
  '--help',
  '~',
  '$HOME',
  '*',
  '?',
  '[a]',
  '{a,b}',
  '!',
  '%46',
  '%2F',
  'a%00b',
  'q"uote',
  "apo'strophe",
  'back\\slash',
  'back\\nslash',
  'semi;colon',
  'pi|pe',
  'less<more>',
  'hash#',
  'query?a=b&c',
  'colon:',
  'CON',
  'new\nline',
  'tab\t',
  '\u0001\u001F\u007F',
  'ä',
  'a\u0308',
  '日本',
  '😀',
  '\u200B\u202E',
  '\uFFFD',
  'constructor',
  '__proto__',
  LONGEST,
]

export function oddNames(plant: Plant, { refused = [], normalizes = false }: Pick<ContractOptions, 'refused' | 'normalizes'> = {}): void {
  describe.concurrent('names', () => {
    test.each(ODD.filter((name) => !refused.includes(name)).map((name) => [JSON.stringify(name.slice(0, 40)), name]))(
      'keeps %s, of a file and of a folder',
      async (_, name) => {
        await using t = await plant(
          Object.fromEntries([
            [`files/${name}`, 'content'],
            [`folders/${name}/below`, 'deep'],
          ]),
        )
        expect(await names(t.backend, t.p('/files'))).toEqual([name])
        expect(await names(t.backend, t.p('/folders'))).toEqual([name])
        expect(await text(t.backend.read(t.p(`/files/${name}`)))).toBe('content')
        expect(await text(t.backend.read(t.p(`/folders/${name}/below`)))).toBe('deep')
        expect((await t.backend.stat(t.p(`/folders/${name}`))).kind).toBe('directory')
        expect(t.backend.find(await t.backend.locate(t.p(`/files/${name}`)))).toBe(t.p(`/files/${name}`))
      },
    )

    for (const name of refused)
      test(`refuses ${JSON.stringify(name)}, which it could not show again`, async () => {
        await using t = await plant({ f: 'x' })
        expect(await codeOf(t.backend.write(t.p(`/${name}`), bytesOf('y')))).toBe('INVALID_PATH')
        expect(await codeOf(t.backend.mkdir(t.p(`/${name}`)))).toBe('INVALID_PATH')
        expect(await names(t.backend, t.p('/'))).toEqual(['f'])
      })

    test('tells names apart that look the same', async () => {
      const alike = ['a', 'A', 'ä', ...(normalizes ? [] : ['a\u0308']), 'a ', 'a.']
      await using t = await plant(Object.fromEntries(alike.map((name) => [name, name])))
      expect((await names(t.backend, t.p('/'))).length).toBe(alike.length)
      for (const name of alike) expect(await text(t.backend.read(t.p(`/${name}`)))).toBe(name)
    })

    test('takes a deep path', async () => {
      const deep = Array.from({ length: 32 }, (_, i) => `a folder ${i}`).join('/')
      await using t = await plant({ [`${deep}/f`]: 'x' })
      expect(await text(t.backend.read(t.p(`/${deep}/f`)))).toBe('x')
      expect(vfsPath(`/${deep}`).length).toBeGreaterThan(300)
    })
  })
}
