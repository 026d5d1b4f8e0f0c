import type { Entry, ListOptions } from '../core/backend.ts'
import { compareNames, type VfsPath } from '../core/path.ts'
import { mapped } from '../core/stream.ts'
import { Backlog } from './backlog.ts'
import type { Reading } from './reading.ts'
import type { VfsCall } from './types.ts'

/** An entry of a list with details. */
export interface Found extends Entry {
  readonly size: number
  readonly etag: string
}

export type List = (path: VfsPath, leftOut?: Pick<ListOptions, 'onSpecial' | 'onPathless'>) => AsyncIterable<Found>

/** Lists what a folder holds, with all that a comparison asks for. */
export const detailed =
  (reading: Reading, { actor, signal }: VfsCall): List =>
  (path, leftOut) =>
    mapped(reading.list(path, { actor, signal, details: true, ...leftOut }), (entry) => ({ size: 0, etag: '', ...entry }))

/** A folder that is to be made, with the mode of the one that it becomes like. */
export interface NewPlace {
  readonly path: VfsPath
  readonly mode: number | undefined
}

/** One name in two folders: what has it in the source, at the destination, or in both. */
export interface Beside {
  readonly name: string
  readonly source: Found | undefined
  readonly standing: Found | undefined
}

const AHEAD = 1000 // entries of each side, so that neither waits for the other's storage; that of most tells as many at once

/** Two folders, listed at the same time, name by name in their order: as much at once as both have told by then. Neither list is held. */
export async function* beside(source: AsyncIterable<Found>, standing: AsyncIterable<Found> = nothing()): AsyncGenerator<Beside[]> {
  const sides = [new Backlog(source, AHEAD), new Backlog(standing, AHEAD)] as const
  try {
    for (;;) {
      await Promise.all(sides.map((side) => side.come()))
      const some = [...atHand(...sides)]
      if (some.length === 0) return
      yield some
    }
  } finally {
    await Promise.all(sides.map((side) => side.close()))
  }
}

/** Which name is next is known as long as nobody has to be waited for. */
function* atHand(source: Backlog<Found>, standing: Backlog<Found>): Generator<Beside> {
  while ((source.first ?? source.isOver) && (standing.first ?? standing.isOver)) {
    const name = nextName(source.first, standing.first)
    if (name === undefined) return
    yield { name, source: source.first?.name === name ? source.take() : undefined, standing: standing.first?.name === name ? standing.take() : undefined }
  }
}

/** The name that comes first of either. */
function nextName(left: Found | undefined, right: Found | undefined): string | undefined {
  if (!left || !right) return (left ?? right)?.name
  return compareNames(left.name, right.name) <= 0 ? left.name : right.name
}

async function* nothing(): AsyncGenerator<never> {}
