import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { BACKENDS } from '../../backends/all.ts'
import type { Backend, Bytes } from '../../src/core/backend.ts'
import { bytesOf } from '../../src/core/bytes.ts'
import { type ErrorCode, VfsError } from '../../src/core/error.ts'
import { layersOf } from '../../src/layers/usual.ts'
import { ContentMemory } from '../../src/layers/pages.ts'
import { stack } from '../../src/layers/stack.ts'
import { ROOT, under, type VfsPath, vfsPath } from '../../src/core/path.ts'
import { forEachOf } from '../../src/vfs/pool.ts'

/** Files by relative path; a name that ends in `/` is an empty folder. */
export type Tree = Readonly<Record<string, string | Uint8Array>>

export interface Planted extends AsyncDisposable {
  readonly backend: Backend
  /** The path of a name of the tree. */
  readonly p: (relative: string) => VfsPath
}

/** Makes a backend that holds this tree and nothing else at some folder. */
export type Plant = (tree: Tree) => Promise<Planted>

export const planted = (backend: Backend, at: VfsPath): Planted => ({
  backend,
  p: (relative) => under(at, vfsPath(relative)),
  [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
})

const AT_ONCE = 16

/** Folders level by level, then the files, many at once: a tree that is published takes together what comes together. */
export async function plantInto(backend: Backend, tree: Tree, at: VfsPath = ROOT): Promise<void> {
  const pathOf = (way: readonly string[]): VfsPath => under(at, vfsPath(`/${way.join('/')}`))
  const entries = Object.entries(tree).map(([path, bytes]) => ({ way: path.split('/').filter((name) => name !== ''), isFolder: path.endsWith('/'), bytes }))
  const folders = entries.flatMap(({ way, isFolder }) => way.slice(0, isFolder ? undefined : -1).map((_, i) => pathOf(way.slice(0, i + 1))))
  for (const level of Map.groupBy(new Set(folders), (path) => path.split('/').length).values()) await Promise.all(level.map((path) => backend.mkdir(path)))
  await forEachOf(
    entries.filter(({ isFolder }) => !isFolder),
    AT_ONCE,
    async ({ way, bytes }) => void (await backend.write(pathOf(way), bytesOf(bytes))),
  )
}

/** Plants every tree in a folder of its own of one storage, so that those of cases that run at the same time share publications. */
export function plantingInOne(make: () => Promise<Backend>): Plant {
  let one: Promise<Backend> | undefined
  let trees = 0
  afterAll(async () => (await one)?.[Symbol.asyncDispose]())
  return async (tree) => {
    const [backend, at] = [await (one ??= make()), vfsPath(`/tree ${++trees}`)]
    await backend.mkdir(at)
    await plantInto(backend, tree, at)
    return { ...planted(backend, at), [Symbol.asyncDispose]: async () => {} }
  }
}

/** Folders of this test file on the disk, gone when it ends. */
export function scratch(prefix: string): () => Promise<string> {
  const made: string[] = []
  afterAll(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))))
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), `polymount-${prefix}-`))
    made.push(folder)
    return folder
  }
}

/** A storage as the gateway opens it, and within limits. */
export const behindLayers = (type: string, backend: Backend): Backend =>
  stack(backend, layersOf(BACKENDS[type]!.usual, { limits: { calls: 16, upload: 1 << 30 }, cache_ms: 60_000 }, new ContentMemory(4 << 20)))

export const content = async (source: Bytes): Promise<Buffer> => Buffer.concat(await Array.fromAsync(source))
export const text = async (source: Bytes): Promise<string> => (await content(source)).toString()

export async function names(backend: Pick<Backend, 'list'>, path: VfsPath): Promise<string[]> {
  return (await Array.fromAsync(backend.list(path))).map(({ name }) => name)
}

/** A source that dies after these parts. */
export async function* dying(...parts: readonly (string | Uint8Array)[]): Bytes {
  yield* bytesOf(...parts)
  throw new Error('source died')
}

/** A source that gives these parts, tells that it did, and then says nothing more. */
export function silent(...parts: readonly string[]): { readonly bytes: Bytes; readonly reached: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  async function* bytes(): Bytes {
    yield* bytesOf(...parts)
    resolve()
    await new Promise(() => undefined)
  }
  return { bytes: bytes(), reached: promise }
}

/** Bytes that look random and are the same in every run. */
export function noise(size: number, seed = 1): Uint8Array {
  const out = new Uint8Array(size)
  let state = seed
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    out[i] = state >>> 24
  }
  return out
}

/** The code with which something rejects; what is no VfsError is thrown on. */
export async function codeOf(work: Promise<unknown> | AsyncIterable<unknown>): Promise<ErrorCode | 'none'> {
  try {
    if (Symbol.asyncIterator in work) await Array.fromAsync(work)
    else await work
    return 'none'
  } catch (error) {
    if (error instanceof VfsError) return error.code
    throw error
  }
}

export const aborted = (): AbortSignal => AbortSignal.abort(new Error('the client has gone'))
