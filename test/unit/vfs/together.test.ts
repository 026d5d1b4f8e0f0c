import { expect, test } from 'vitest'
import { openTestVfs } from '../../support/vfs.ts'

test('many files at once into a folder that is not there yet', async () => {
  await using opened = await openTestVfs({ '/': {} })
  const names = Array.from({ length: 20 }, (_, i) => String(i).padStart(2, '0'))
  await Promise.all(names.map((name) => opened.write(`/new/deep/${name}`, name, { parents: true })))
  expect(await opened.names('/new/deep')).toEqual(names)
})
