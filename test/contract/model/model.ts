import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Backend, Capabilities } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { ROOT, type VfsPath, vfsPath } from '../../../src/core/path.ts'
import { codeOf, names, text } from '../support.ts'
import { TreeModel } from './tree.ts'

/** Few names, so that steps meet. */
const path = fc.array(fc.constantFrom('a', 'b', 'ä'), { minLength: 0, maxLength: 3 }).map((parts) => vfsPath(`/${parts.join('/')}`))
const content = fc.constantFrom('', 'x', 'y', 'some more')

interface Step {
  readonly onModel: (model: TreeModel) => unknown
  readonly onReal: (backend: Backend) => Promise<unknown>
  readonly says: string
}

const steps = ({ rename, tree_atomic: trees, copy }: Capabilities): fc.Arbitrary<Step> =>
  fc.oneof(
    fc.tuple(path, content).map(([at, what]) =>
      step(
        `write ${at}`,
        (m) => m.write(at, what),
        (b) => b.write(at, bytesOf(what)),
      ),
    ),
    path.map((at) =>
      step(
        `mkdir ${at}`,
        (m) => m.mkdir(at),
        (b) => b.mkdir(at),
      ),
    ),
    fc.tuple(path, fc.boolean()).map(([at, recursive]) =>
      step(
        `remove ${at} ${recursive}`,
        (m) => m.remove(at, recursive),
        (b) => b.remove(at, { recursive }),
      ),
    ),
    path.map((at) =>
      step(
        `read ${at}`,
        (m) => m.read(at),
        (b) => text(b.read(at)),
      ),
    ),
    path.map((at) =>
      step(
        `list ${at}`,
        (m) => m.list(at),
        (b) => names(b, at),
      ),
    ),
    ...(rename
      ? [
          fc.tuple(path, path).map(([from, to]) =>
            step(
              `rename ${from} ${to}`,
              (m) => m.rename(from, to, trees),
              (b) => b.rename(from, to),
            ),
          ),
        ]
      : []),
    ...(copy
      ? [
          fc.tuple(path, path).map(([from, to]) =>
            step(
              `copy ${from} ${to}`,
              (m) => m.copy(from, to),
              (b) => b.copy(from, to),
            ),
          ),
        ]
      : []),
  )

const step = (says: string, onModel: Step['onModel'], onReal: Step['onReal']): Step => ({ says, onModel, onReal })

export function behavesLikeATree(make: () => Promise<Backend>, capabilities: Capabilities, runs: number): void {
  test('behaves like a tree, whatever is done in whatever order', async () => {
    const anyOrder = fc.asyncProperty(fc.array(steps(capabilities), { maxLength: 25 }), async (all) => {
      await using backend = await make()
      const model = new TreeModel()
      for (const { says, onModel, onReal } of all) {
        const expected = await codeOf((async () => onModel(model))())
        expect(`${says}: ${await codeOf(onReal(backend))}`).toBe(`${says}: ${expected}`)
      }
      expect(await everything(backend)).toEqual(model.root)
    })
    await fc.assert(anyOrder, { numRuns: runs })
  })
}

async function everything(backend: Backend, at: VfsPath = ROOT): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>()
  for await (const { name, kind } of backend.list(at)) {
    const below = vfsPath(at === '/' ? `/${name}` : `${at}/${name}`)
    found.set(name, kind === 'file' ? await text(backend.read(below)) : await everything(backend, below))
  }
  return found
}
