import { createReadStream } from 'node:fs'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import type { Source } from '../../../src/content/types.ts'
import { rootOf } from '../../contract/node/make.ts'
import { temporaryFolder } from '../../support/content.ts'
import { embeddedAlone, kuboAlone } from '../../support/nodes.ts'
import { onKubo } from '../../support/on-kubo.ts'

const MIB = 1 << 20

/** Names of any letters, and such as URLs, globs and shells take for something else. */
const name = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    fc.constantFrom(' ', '%2e', '#', '?a=b', '-r', '*', '\\', 'a\nb', '\u{1F980}', 'e\u0301', '\u00E9'),
  )
  .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..' && text.isWellFormed())

const content = fc.oneof(
  fc.string({ maxLength: 50 }),
  fc.nat(3_000_000).map((size) => 'x'.repeat(size)),
)

/** Contents by path; a path that ends in `/` is an empty folder. */
const tree = fc
  .uniqueArray(fc.tuple(fc.array(name, { minLength: 1, maxLength: 3 }), fc.option(content)), { maxLength: 8, selector: ([[first]]) => first })
  .map((entries) => entries.map(([way, body]): Source & { readonly body: string | null } => ({ path: way.join('/'), body })))

/** A file of which no two parts of a MiB are equal, and which takes little room on the disk. */
async function plant(path: string, parts: number): Promise<void> {
  await using file = await open(path, 'w')
  for (let part = 0; part < parts; part++) await file.write(`part ${part}`, part * MIB)
  await file.truncate(parts * MIB)
}

onKubo(
  'the same content',
  (daemon) => {
    /** What `ipfs add` itself says of a folder on the disk. */
    const added = (folder: string): Promise<string> => daemon.run(['add', '-r', '-Q', '--hidden', '--pin=false', folder])

    const everywhere = async (sources: () => Source[]): Promise<string[]> => {
      await using embedded = await embeddedAlone()
      await using kubo = await kuboAlone(async () => daemon)
      return [await rootOf(embedded.node, sources()), await rootOf(kubo.node, sources())]
    }

    describe('has one CID in both engines, and for `ipfs add`', () => {
      test('whatever it is called', async () => {
        await fc.assert(
          fc.asyncProperty(tree, async (entries) => {
            await using folder = await temporaryFolder()
            for (const { path, body } of entries) {
              await mkdir(join(folder.path, body === null ? path : path.slice(0, path.lastIndexOf('/') + 1)), { recursive: true })
              if (body !== null) await writeFile(join(folder.path, path), body)
            }
            const roots = await everywhere(() => entries.map(({ path, body }) => (body === null ? { path } : { path, content: bytesOf(body) })))
            expect(roots).toEqual([roots[0], await added(folder.path)])
            expect(new Set(roots).size).toBe(1)
          }),
          { numRuns: 15 },
        )
      })

      test('also in a folder of 20,000', async () => {
        await using folder = await temporaryFolder()
        const names = Array.from({ length: 20_000 }, (_, i) => `file-${i}`)
        await Promise.all(names.map((file) => writeFile(join(folder.path, file), file)))
        const roots = await everywhere(() => names.map((path) => ({ path, content: bytesOf(path) })))
        expect(roots).toEqual(Array(2).fill(await added(folder.path)))
      })

      // Its size takes more than 31 bits. No block is kept of it: that it can be stored and read back is for smaller ones, which have all
      // but the third level of nodes.
      test('also a file of more than 2 GiB', async () => {
        await using folder = await temporaryFolder()
        const file = join(folder.path, 'large')
        await plant(file, (2 << 10) + 1)
        await using embedded = await embeddedAlone()
        await using kubo = await kuboAlone(async () => daemon)
        const theirs = daemon.run(['add', '-Q', '--only-hash', file])
        const ours = [embedded, kubo].map(async ({ node }) => (await node.add(createReadStream(file, { highWaterMark: MIB }), { onlyHash: true })).cid)
        expect(await Promise.all(ours)).toEqual(Array(2).fill(await theirs))
      }, 120_000)
    })
  },
  { flags: ['--offline'] },
)
