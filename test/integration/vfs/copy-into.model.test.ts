import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { array, assert, asyncProperty, constantFrom, nat, option, record, tuple } from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Backend } from '../../../src/core/backend.ts'
import { isCode, VfsError } from '../../../src/core/error.ts'
import { compareNames, vfsPath as p } from '../../../src/core/path.ts'
import { forward } from '../../../src/layers/forward.ts'
import { needsS3, S3Server } from '../../support/s3.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'

type Tree = ReadonlyMap<string, string>

/** Few names, so that two trees meet; few contents of equal size, so that a size tells nothing. */
const path = array(constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }).map((names) => names.join('/'))
const tree = array(tuple(path, constantFrom('one', 'two', 'other')), { maxLength: 8 }).map((files) => new Map(withoutClashes(files)))
const round = record({ source: tree, standing: tree, failing: array(path, { maxLength: 2 }), cancelAfter: option(nat(4), { nil: undefined }) })

const isBelow = (folder: string, file: string): boolean => file.startsWith(`${folder}/`)

/** No file is a folder too. */
const withoutClashes = (files: readonly (readonly [string, string])[]): (readonly [string, string])[] =>
  files.filter(([at], i) => !files.some(([other], j) => j < i && (isBelow(at, other) || isBelow(other, at))))

/** What a whole copy leaves, and what it tells of what it cannot do. */
function expected(
  source: Tree,
  standing: Tree,
  failing: readonly string[],
): { readonly left: Tree; readonly failed: readonly string[]; readonly same: number } {
  const left = new Map(standing)
  const failed = new Set<string>()
  let same = 0
  for (const [file, content] of source) {
    const inTheWay = [...standing.keys()].find((other) => isBelow(other, file))
    if (inTheWay !== undefined) failed.add(inTheWay)
    else if ([...standing.keys()].some((other) => isBelow(file, other))) failed.add(file)
    else if (standing.get(file) === content) same++
    else if (failing.includes(file)) failed.add(file)
    else left.set(file, content)
  }
  return { left, failed: [...failed].toSorted(compareNames), same }
}

async function plant(t: TestVfs, top: string, files: Tree): Promise<void> {
  for (const [file, content] of files) await t.write(`${top}/${file}`, content, { parents: true })
}

/** undefined where nothing stands. */
async function standingAt(t: TestVfs, top: string): Promise<Tree | undefined> {
  const found = new Map<string, string>()
  try {
    for await (const entry of t.vfs.walk(p(top), { ...call, ignored: true }))
      if (entry.kind === 'file') found.set(entry.path.slice(top.length + 1), await t.text(entry.path))
    return found
  } catch (error) {
    if (isCode(error, 'NOT_FOUND')) return undefined
    throw error
  }
}

/** Refuses to write some names. */
function refusing(inner: Backend, failing: { names: readonly string[] }): Backend {
  return forward(inner, {
    write: async (at, source, options) => {
      if (failing.names.some((name) => at.endsWith(`/dst/${name}`))) throw new VfsError('IO_ERROR', 'a bad sector')
      return inner.write(at, source, options)
    },
  })
}

/** How many rounds it held. */
async function hold(from: Backend, to: Backend, numRuns: number): Promise<number> {
  const failing: { names: readonly string[] } = { names: [] }
  await using t = await openTestVfs({ '/x': from, '/y': refusing(to, failing) })
  let rounds = 0
  await assert(
    asyncProperty(round, async ({ source, standing, failing: names, cancelAfter }) => {
      const [src, dst] = [`/x/${++rounds}/src`, `/y/${rounds}/dst`]
      await t.vfs.mkdir(p(src), { ...call, parents: true })
      await plant(t, src, source)
      await plant(t, dst, standing)
      const before = await standingAt(t, dst)
      const { left, failed, same } = expected(source, standing, names)
      failing.names = names
      const stopped = cancelAfter === undefined ? undefined : await cancelled(t, src, dst, cancelAfter)
      for (const [file, content] of (await standingAt(t, dst)) ?? []) expect([standing.get(file), source.get(file)]).toContain(content) // whole, whichever it is
      const done = await t.vfs.copyInto(p(src), p(dst), call)
      expect(done.failed.map(({ path: at }) => at.slice(src.length + 1)).toSorted(compareNames)).toEqual(failed)
      expect(await standingAt(t, dst)).toEqual(left.size > 0 || before || done.change !== null || stopped ? left : undefined)
      expect(await standingAt(t, src)).toEqual(source)
      expect([same, source.size]).toContain(stopped ? source.size : done.skipped)
      expect(await t.vfs.copyInto(p(src), p(dst), call)).toMatchObject({ copied: 0, bytes: 0 })
      for (const change of [done.change, stopped].filter((each) => typeof each === 'string')) expect((await t.vfs.undo({ change }, call)).conflicts).toEqual([])
      failing.names = []
      expect(await standingAt(t, dst)).toEqual(before)
    }),
    { numRuns },
  )
  return rounds
}

/** Cancels after so many files; the change, if there was one. */
async function cancelled(t: TestVfs, src: string, dst: string, after: number): Promise<string | undefined> {
  const cancel = new AbortController()
  const onProgress = ({ files }: { readonly files: number }): void => void (files > after && cancel.abort())
  await t.vfs.copyInto(p(src), p(dst), { ...call, signal: cancel.signal, onProgress, concurrency: 2 }).catch((error: unknown) => {
    if (!isCode(error, 'CANCELLED')) throw error
  })
  const [last] = await t.vfs.history(p(dst), { ...call, limit: 1 })
  return last?.kind === 'copy' && last.partsOnly && last.state !== 'aborted' ? last.change : undefined
}

describe('whatever stands on both sides, fails or is cancelled: nothing half, all that fits, and undone to what it was', () => {
  const onDisk = async (work: (backend: Backend) => Promise<number>): Promise<number> => {
    const root = await mkdtemp(join(tmpdir(), 'polymount-into-'))
    await using _ = { [Symbol.asyncDispose]: () => rm(root, { recursive: true }) }
    return await work(new LocalBackend({ root }))
  }

  test('memory → memory', async () => expect(await hold(new MemoryBackend(), new MemoryBackend(), 40)).toBe(40))
  test('memory → disk', async () => expect(await onDisk((disk) => hold(new MemoryBackend(), disk, 15))).toBe(15))
  test('disk → memory', async () => expect(await onDisk((disk) => hold(disk, new MemoryBackend(), 15))).toBe(15))

  describe('S3', () => {
    beforeEach(needsS3)
    test('disk → S3 → disk', async () => {
      await using server = await S3Server.start()
      await using bucket = await server.backend()
      expect(await onDisk((disk) => hold(disk, bucket, 5))).toBe(5)
      expect(await onDisk((disk) => hold(bucket, disk, 5))).toBe(5)
    })
  })
})
