import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { anythingAt, below, type Listed, MANY, opsAt, type Session, Sessions, type Step } from '../../support/sessions.ts'
import { apply, byPath, type Op, type Tree } from '../../support/tree-model.ts'
import { site } from '../local/site.ts'

const paths = below('a', 'b', 'c')
const elsewhere = below('o', 'p')
const anything = anythingAt(paths)

const by = (who: Session, at: fc.Arbitrary<string>): fc.Arbitrary<Step<Op>> => fc.record({ who: fc.constant(who), what: opsAt(at) })
const othersFirst = fc.array(by('s2', paths), { maxLength: 5, size: 'max' })
const thenBoth = fc.array(fc.oneof(by('s1', paths), by('s2', elsewhere)), { maxLength: 12, size: 'max' })

const inside = (tree: Listed, top: string): Listed => tree.filter(([path]) => path === top || path.startsWith(`${top}/`))

/** Plays the steps, and what those of the other session make in a tree where nobody else is. */
async function playBoth(sessions: Sessions, steps: readonly Step<Op>[]): Promise<Listed> {
  let others: Tree = new Map()
  for (const step of steps) {
    const changed = await sessions.step(step)
    const next = changed && step.who === 's2' ? apply(others, step.what) : others
    if (typeof next === 'string') throw new Error(`${JSON.stringify(step)} is refused alone: ${next}`)
    others = next
  }
  return [...others].filter(([path]) => path !== '/x').toSorted(byPath)
}

describe.each([
  ['memory', async () => new MemoryBackend(), 20],
  ['a folder of the disk', async () => (await site()).backend, 6],
] as const)('in %s, whatever two sessions have done and undone,', (_, make, numRuns) => {
  test('the undo of all since a moment leads to that, and its undo back', async () => {
    await fc.assert(
      fc.asyncProperty(anything, fc.nat(MANY), async (steps, nth) => {
        await using sessions = await Sessions.over(await make())
        for (const step of steps) await sessions.step(step)
        const { at, tree } = sessions.moments[nth % sessions.moments.length]!
        const now = await sessions.tree()
        const { change, conflicts } = await sessions.undo({ path: p('/x'), since: at })
        expect(conflicts).toEqual([])
        expect(await sessions.tree()).toEqual(tree)
        await sessions.leadsBack(change, now)
      }),
      { numRuns },
    )
  })

  test('the undo of a path since a moment brings back what lay there, or finds a conflict and does nothing', async () => {
    await fc.assert(
      fc.asyncProperty(anything, paths, fc.nat(MANY), async (steps, path, nth) => {
        await using sessions = await Sessions.over(await make())
        for (const step of steps) await sessions.step(step)
        const { at, tree } = sessions.moments[nth % sessions.moments.length]!
        const now = await sessions.tree()
        const { change, conflicts } = await sessions.undo({ path: p(path), since: at })
        expect(inside(await sessions.tree(), path)).toEqual(inside(conflicts.length > 0 ? now : tree, path))
        await sessions.leadsBack(change, now)
      }),
      { numRuns },
    )
  })

  test('the undo of a session leaves what the others have made elsewhere and before, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(othersFirst, thenBoth, async (first, then) => {
        await using sessions = await Sessions.over(await make())
        const others = await playBoth(sessions, [...first, ...then])
        const now = await sessions.tree()
        const { change, conflicts } = await sessions.undo({ session: 's1' })
        expect(conflicts).toEqual([])
        expect(await sessions.tree()).toEqual(others)
        await sessions.leadsBack(change, now)
      }),
      { numRuns },
    )
  })
})
