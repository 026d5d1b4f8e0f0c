import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Backend } from '../../../src/core/backend.ts'
import { collect } from '../../../src/core/bytes.ts'
import { VfsError } from '../../../src/core/error.ts'
import { type VfsPath, vfsPath as p } from '../../../src/core/path.ts'
import type { Changed } from '../../../src/vfs/types.ts'
import { apply, byPath, type Op, type Tree } from '../../support/tree-model.ts'
import { scratch } from '../support.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'

const names = fc.constantFrom('a', 'b', 'ä')
const paths = fc
  .tuple(fc.constantFrom('/x', '/y'), fc.array(names, { minLength: 1, maxLength: 3, size: 'xsmall' }))
  .map(([mount, inner]) => [mount, ...inner].join('/'))
const ops: fc.Arbitrary<Op> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: fc.constant('write' as const), at: paths, content: fc.string({ maxLength: 5 }) }) },
  fc.record({ op: fc.constant('mkdir' as const), at: paths }),
  fc.record({ op: fc.constant('remove' as const), at: paths }),
  { weight: 2, arbitrary: fc.record({ op: fc.constantFrom('move' as const, 'copy' as const), at: paths, to: paths, overwrite: fc.boolean() }) },
)

/** A storage, or a folder in one. */
export type Shown = Backend | { readonly backend: Backend; readonly root: VfsPath }

/** Makes what `/x` and `/y` show, for a gateway with this data folder. */
export type MakeTwo = (data: string) => Promise<readonly [Shown, Shown]>

/** Two folders of one storage, each as if it were one. */
export async function twoRoots(backend: Backend): Promise<readonly [Shown, Shown]> {
  const [x, y] = [p('/x'), p('/y')]
  for (const folder of [x, y]) await backend.mkdir(folder)
  return [
    { backend, root: x },
    { backend, root: y },
  ]
}

const backendOf = (shown: Shown): Backend => ('root' in shown ? shown.backend : shown)

/** What the VFS does over any two storages: what a tree does; every change goes back and forth again, and at the end all of them go back at once. */
export function vfsBehavesLikeATree(title: string, make: MakeTwo, { runs = 40 } = {}): void {
  const data = scratch('model')
  test(`the VFS over ${title} does what a tree does, refuses what it must, and takes every change back`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(ops, { maxLength: 12, size: 'max' }), async (script) => {
        const folder = await data()
        await using both = new AsyncDisposableStack()
        const [x, y] = await make(folder)
        for (const backend of new Set([backendOf(x), backendOf(y)])) both.use(backend)
        await using t = await openTestVfs({ '/x': x, '/y': y }, { folder })
        let tree: Tree = new Map()
        for (const op of script) tree = await step(t, tree, op)
        expect(await t.vfs.undo({ session: 'current' }, call)).toMatchObject({ conflicts: [] })
        expect(await contents(t), 'after the undo of all').toEqual([])
      }),
      { numRuns: runs },
    )
  })
}

/** Runs the operation on both; where it changed something, undoes it and then undoes the undo, twice. */
async function step(t: TestVfs, tree: Tree, op: Op): Promise<Tree> {
  const expected = apply(tree, op)
  const outcome = await run(t, op)
  const after = typeof expected === 'string' ? tree : expected
  expect(typeof outcome === 'string' ? outcome : 'done', JSON.stringify(op)).toBe(typeof expected === 'string' ? expected : 'done')
  expect(await contents(t), JSON.stringify(op)).toEqual(sorted(after))
  if (typeof outcome !== 'string' && outcome.change !== null) await backAndForth(t, outcome.change, tree, after)
  return after
}

async function backAndForth(t: TestVfs, change: string, before: Tree, after: Tree): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const undone = await t.vfs.undo({ change }, call)
    expect(undone).toMatchObject({ conflicts: [] })
    expect(await contents(t), 'after the undo').toEqual(sorted(before))
    if (undone.change === null) return expect(before).toEqual(after) // a merge that found everything there
    expect(await t.vfs.undo({ change: undone.change }, call)).toMatchObject({ conflicts: [] })
    expect(await contents(t), 'after the undo of the undo').toEqual(sorted(after))
  }
}

async function run({ vfs }: TestVfs, op: Op): Promise<Changed | string> {
  try {
    if (op.op === 'write') return await vfs.write(p(op.at), Buffer.from(op.content), { ...call, parents: true })
    if (op.op === 'mkdir') return await vfs.mkdir(p(op.at), { ...call, parents: true })
    if (op.op === 'remove') return await vfs.remove(p(op.at), { ...call, recursive: true })
    return await vfs[op.op](p(op.at), p(op.to), { ...call, overwrite: op.overwrite })
  } catch (error) {
    if (error instanceof VfsError) return error.code
    throw error
  }
}

async function contents({ vfs }: TestVfs): Promise<[string, string | null][]> {
  const found: [string, string | null][] = []
  for await (const { path, kind } of vfs.walk(p('/'), { ...call, ignored: true }))
    if (path.split('/').length > 2)
      found.push([path, kind === 'directory' ? null : Buffer.from(await collect((await vfs.open(path, call)).read(), 1000)).toString()])
  return found.toSorted(byPath)
}

const sorted = (tree: Tree): [string, string | null][] => [...tree].filter(([path]) => path.split('/').length > 2).toSorted(byPath)
