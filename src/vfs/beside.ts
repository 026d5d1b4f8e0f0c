import type { Entry } from '../core/backend.ts'
import { compareNames, type VfsPath } from '../core/path.ts'
import type { Reading } from './reading.ts'
import type { VfsCall } from './types.ts'

/** An entry of a list with details. */
export interface Found extends Entry {
  readonly size: number
  readonly etag: string
}

export type List = (path: VfsPath) => AsyncIterable<Found>

/** What a folder holds, with all that a comparison asks for. */
export async function* detailed(reading: Reading, path: VfsPath, { actor, signal }: VfsCall): AsyncIterable<Found> {
  for await (const entry of reading.list(path, { actor, signal, details: true })) yield { size: 0, etag: '', ...entry }
}

/** One name in two folders: what has it in the source, at the destination, or in both. */
export interface Beside {
  readonly name: string
  readonly source: Found | undefined
  readonly standing: Found | undefined
}

/** Two folders, listed at the same time, name by name in their order. Neither list is held. */
export async function* beside(source: AsyncIterable<Found>, standing: AsyncIterable<Found> = nothing()): AsyncGenerator<Beside> {
  const left = new Cursor(source)
  const right = new Cursor(standing)
  try {
    await Promise.all([left.go(), right.go()])
    for (let name = first(left, right); name !== undefined; name = first(left, right)) {
      const [here, there] = [left.named(name), right.named(name)]
      yield { name, source: here, standing: there }
      if (here) await left.go()
      if (there) await right.go()
    }
  } finally {
    await Promise.all([left.end(), right.end()])
  }
}

/** The name that comes next in either. */
function first({ at: left }: Cursor, { at: right }: Cursor): string | undefined {
  if (!left || !right) return (left ?? right)?.name
  return compareNames(left.name, right.name) <= 0 ? left.name : right.name
}

/** A place in a list. */
class Cursor {
  at: Found | undefined
  readonly #entries: AsyncIterator<Found>

  constructor(entries: AsyncIterable<Found>) {
    this.#entries = entries[Symbol.asyncIterator]()
  }

  async go(): Promise<void> {
    const next = await this.#entries.next()
    this.at = next.done ? undefined : next.value
  }

  named(name: string): Found | undefined {
    return this.at?.name === name ? this.at : undefined
  }

  async end(): Promise<void> {
    await this.#entries.return?.()
  }
}

async function* nothing(): AsyncGenerator<never> {}
