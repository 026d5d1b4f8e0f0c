import { type Dirent, readdir, readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import { LRUCache } from 'lru-cache'
import { compareNames } from '../../src/core/path.ts'
import type { Entry } from '../../src/core/backend.ts'
import { young } from './etag.ts'
import { type Facts, kindOf, type Measure } from './facts.ts'
import { type Folder, RESERVED } from './folder.ts'
import { SMALL } from './io.ts'
import { lossy, shown, shownText } from './names.ts'

/** A device, pipe or socket, which is never served. */
export interface Special {
  readonly name: string
  readonly kind: 'special'
}

export type Named = Pick<Entry, 'name' | 'kind'> | Special

interface Read {
  readonly facts: Facts
  readonly names: readonly Named[]
}

const REMEMBERED = 300_000 // names of all folders together

/** What stands in folders, sorted; remembered while a folder stays as it is, so that reading a large one page by page reads it once. */
export class NamesIn {
  readonly #measure: Measure
  readonly #read = new LRUCache<string, Read>({ maxSize: REMEMBERED, sizeCalculation: ({ names }) => names.length + 1 })

  constructor(measure: Measure) {
    this.#measure = measure
  }

  /** But those of our own. */
  async of(folder: Folder): Promise<readonly Named[]> {
    const facts = this.#measure.opened(folder.fd)
    const known = this.#read.get(folder.real)
    if (known && known.facts.ino === facts.ino && known.facts.mtime === facts.mtime && known.facts.ctime === facts.ctime) return known.names
    const names = sorted(await entries(folder, facts))
    if (!young(facts)) this.#read.set(folder.real, { facts, names })
    return names
  }
}

const readdirAsync = promisify(readdir)

/** A directory that is small itself has few names: reading it takes less time than the way to another thread. */
async function entries(folder: Folder, { length }: Facts): Promise<Named[]> {
  const options = { withFileTypes: true, encoding: 'utf8' } as const
  const found: Dirent[] = length <= SMALL ? readdirSync(folder.self, options) : await readdirAsync(folder.self, options)
  if (!found.some(({ name }) => lossy(name))) return found.flatMap((entry) => named(shownText(entry.name), entry))
  return readdirSync(folder.self, { withFileTypes: true, encoding: 'buffer' }).flatMap((entry) => named(shown(entry.name), entry))
}

function named(name: string, entry: Parameters<typeof kindOf>[0]): Named[] {
  return name.startsWith(RESERVED) ? [] : [{ name, kind: kindOf(entry) }]
}

const sorted = (names: readonly Named[]): readonly Named[] => names.toSorted((a, b) => compareNames(a.name, b.name))
