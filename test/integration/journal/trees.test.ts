import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { Child } from '../../support/children.ts'
import { temporaryFolder } from '../../support/journal.ts'
import { openTestVfs } from '../../support/vfs.ts'

/** Every file with its content, and every folder. */
async function tree(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const shown = entries
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name).slice(root.length + 1) }))
    .filter(({ path }) => !path.includes('.polymount'))
    .map(async ({ entry, path }) => (entry.isFile() ? `${path}=${await readFile(join(root, path), 'utf8')}` : path))
  return (await Promise.all(shown)).toSorted()
}

const BEFORE = ['one', 'one/tree', 'one/tree/a=a', 'one/tree/b=b', 'one/tree/c=c', 'two', 'two/a=old', 'two/extra=x']
const CHANGED = ['one', 'one/tree', 'one/tree/a=changed', 'one/tree/b=changed', 'one/tree/c=changed', 'two', 'two/a=old', 'two/extra=x']

test.each([
  ['copy', 1, BEFORE],
  ['copy', 3, BEFORE],
  ['move', 2, BEFORE],
  ['move', 4, BEFORE],
  ['mirror', 1, BEFORE],
  ['mirror', 3, BEFORE],
  ['undo', 1, CHANGED],
  ['undo', 2, CHANGED],
])('a %s that was killed after %i of its parts is taken back whole by the next gateway', async (scenario, parts, standing) => {
  await using top = await temporaryFolder()
  const [root, folder] = [join(top.folder, 'served'), join(top.folder, 'data')]
  for (const each of [join(root, 'one/tree'), join(root, 'two'), folder]) await mkdir(each, { recursive: true })
  for (const name of ['a', 'b', 'c']) await writeFile(join(root, 'one/tree', name), name)
  for (const [name, content] of [['a', 'old'], ['extra', 'x']] as const) await writeFile(join(root, 'two', name), content) // prettier-ignore
  const child = new Child(new URL('frozen.ts', import.meta.url), folder, root, scenario, `${parts}`)
  expect(await child.line()).toBe('frozen')
  await child.kill()

  const local = (name: string): LocalBackend => new LocalBackend({ root: join(root, name), dataFolder: folder })
  await using it = await openTestVfs({ '/one': local('one'), '/two': local('two') }, { folder })
  const settled = await it.journal.recover()
  expect(await tree(root)).toEqual(standing)
  expect(settled.find(({ parent }) => parent === null)).toMatchObject({ kind: scenario, state: 'aborted', reason: expect.stringContaining('taken back') })
  expect(it.journal.history({ states: ['open', 'aborting', 'in_doubt', 'partial', 'conflict'], parts: true, limit: 9 })).toEqual([])
})
