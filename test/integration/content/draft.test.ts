import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import type { LocalContent } from '../../../src/content/store.ts'
import type { Source } from '../../../src/content/types.ts'
import { Draft, type GetBlock, Nodes } from '../../../src/content/unixfs/index.ts'
import { withContent } from '../../support/content.ts'

type Model = Map<string, string>

async function* sources(model: Model): AsyncGenerator<Source> {
  for (const [path, content] of model) yield { path, content: bytesOf(content) }
}

const added = async (content: LocalContent, model: Model): Promise<string> => (await Array.fromAsync(content.putTree(sources(model)))).at(-1)?.cid ?? ''

function draftOf(content: LocalContent, root: string): Draft {
  const get: GetBlock = async (cid) => {
    const block = await content.blocks.get(cid.multihash.bytes)
    if (!block) throw new Error(`lost ${cid.toString()}`)
    return block
  }
  return new Draft(root, new Nodes(get))
}

/** The root after these edits, and the one that adding the same files anew gives. */
async function edits(content: LocalContent, start: Model, changes: readonly (readonly [string, string | null])[]): Promise<readonly [string, string]> {
  const model = new Map(start)
  const draft = draftOf(content, await added(content, model))
  for (const [path, body] of changes) {
    await draft.set(path.split('/'), body === null ? null : (await content.put(bytesOf(body))).cid)
    if (body === null) model.delete(path)
    else model.set(path, body)
  }
  return [draft.root, await added(content, model)]
}

const many = (count: number): Model => new Map(Array.from({ length: count }, (_, i) => [`some-file-${i}`, 'x']))

test('a flat folder grows into a sharded one and shrinks back', async () => {
  await withContent(async (content) => {
    const names = [...many(4545).keys()] // a block of 256 KiB holds 4,538 of them
    const last = names.slice(4530)
    const [grown, large] = await edits(
      content,
      many(4530),
      last.map((name) => [name, 'x']),
    )
    expect(grown).toBe(large)
    const [shrunk, small] = await edits(
      content,
      many(4545),
      last.map((name) => [name, null]),
    )
    expect(shrunk).toBe(small)
  })
})

test('a sharded folder takes any edits', async () => {
  const name = fc.integer({ min: 0, max: 7000 }).map((i) => `some-file-${i}`)
  const change = fc.tuple(name, fc.option(fc.constantFrom('y', 'longer', 'x'), { nil: null }))
  await withContent((content) =>
    fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 40 }), async (changes) => {
        const [edited, anew] = await edits(content, many(6000), changes)
        expect(edited).toBe(anew)
      }),
      { numRuns: 3 },
    ),
  )
})

test('names that meet in a shard move into one of their own, and out of it again', async () => {
  await withContent(async (content) => {
    const names = Array.from({ length: 1000 }, (_, i) => `${'long'.repeat(60)}-${i}`)
    const some = (count: number): Model => new Map(names.slice(0, count).map((name) => [name, 'x']))
    const last = names.slice(920)
    const [grown, large] = await edits(
      content,
      some(920),
      last.map((name) => [name, 'x']),
    )
    expect(grown).toBe(large)
    const [shrunk, small] = await edits(
      content,
      some(1000),
      last.map((name) => [name, null]),
    )
    expect(shrunk).toBe(small)
  })
})

test('a deep path rewrites the folders above it', async () => {
  await withContent(async (content) => {
    const [edited, anew] = await edits(
      content,
      new Map([
        ['a/b/c', '1'],
        ['a/d', '2'],
        ['e', '3'],
      ]),
      [
        ['a/b/c', '4'],
        ['a/b/new', '5'],
        ['a/d', null],
      ],
    )
    expect(edited).toBe(anew)
  })
})

test('a file in the place of a folder is refused', async () => {
  await withContent(async (content) => {
    const draft = draftOf(content, await added(content, new Map([['f', '1']])))
    const { cid } = await content.put(bytesOf('2'))
    await expect(draft.set(['f', 'below'], cid)).rejects.toMatchObject({ code: 'NOT_DIRECTORY' })
    await expect(draft.set(['no', 'below'], cid)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(draft.set([], cid)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})
