import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { compareNames, join, ROOT, vfsPath as p } from '../../../src/core/path.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

let server: S3Server
beforeEach(needsS3)
beforeAll(async () => void (server = await S3Server.start()))
afterAll(() => server[Symbol.asyncDispose]())

/** Characters before and after "/" in the order of bytes: a key of a folder ends with it, its name does not. */
const name = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', ' ', '0', 'ä'), minLength: 1, maxLength: 4 }).filter((one) => one !== '.' && one !== '..')

test('files and folders come in the order of their names, from wherever a page begins', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { maxLength: 12 }), fc.infiniteStream(fc.boolean()), name, async (all, isFolder, after) => {
      await using backend = await server.backend()
      for (const one of all) {
        if (isFolder.next().value) await backend.mkdir(join(ROOT, one))
        else await backend.write(join(ROOT, one), bytesOf('x'))
      }
      const listed = async (from?: string) => (await Array.fromAsync(backend.list(ROOT, { after: from }))).map((entry) => entry.name)
      const sorted = all.toSorted(compareNames)
      expect(await listed()).toEqual(sorted)
      expect(await listed(after)).toEqual(sorted.filter((one) => compareNames(one, after) > 0))
    }),
    { numRuns: 25 },
  )
})

test('more names than one page, all of which could follow a folder', async () => {
  await using backend = await server.backend()
  await backend.mkdir(p('/report'))
  const all = Array.from({ length: 1200 }, (_, i) => `report-${String(i).padStart(4, '0')}`)
  for (let i = 0; i < all.length; i += 100) await Promise.all(all.slice(i, i + 100).map((one) => backend.write(p(`/${one}`), bytesOf('x'))))
  expect((await Array.fromAsync(backend.list(ROOT))).map((entry) => entry.name)).toEqual(['report', ...all])
})

test('what belongs to polymount itself is neither listed nor reached', async () => {
  await using backend = await server.backend()
  await backend.write(p('/f'), bytesOf('x'))
  await backend.trash?.put(p('/f'), 'c1')
  expect(await Array.fromAsync(backend.list(ROOT))).toEqual([])
  for (const path of ['/.polymount', '/.polymount/trash/c1']) await expect(backend.stat(p(path))).rejects.toMatchObject({ code: 'DENIED' })
  await expect(backend.write(p('/.polymount/x'), bytesOf('x'))).rejects.toMatchObject({ code: 'DENIED' })
})
