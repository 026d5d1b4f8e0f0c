import { dirname, join } from 'node:path'
import { segments, type VfsPath } from '../../src/core/path.ts'
import { Refused } from './errors.ts'

const MAX_LINKS = 40 // as Linux

/** The names to walk from the root to where a path leads. Links on the way rewrite it; it never leaves the root. */
export class Way {
  /** Absolute paths by which the root is entered: the real one, and the one it was given by. */
  readonly #entrances: readonly string[]
  #names: readonly string[]
  #links = 0

  constructor(path: VfsPath, entrances: readonly string[]) {
    this.#entrances = entrances
    this.#names = segments(path)
  }

  get names(): readonly string[] {
    return this.#names
  }

  /** True once a link was followed. */
  get linked(): boolean {
    return this.#links > 0
  }

  /** The name at this index is a link with this text; those before it are known to be folders. */
  link(index: number, text: string): void {
    if (++this.#links > MAX_LINKS) throw new Refused('ELOOP')
    const target = text.split('/').filter((name) => name !== '' && name !== '.')
    const rest = [...target, ...this.#names.slice(index + 1)]
    this.#names = text.startsWith('/') ? this.#enter('/', rest) : [...this.#names.slice(0, index), ...rest]
  }

  /** The name at this index is ".."; those before it are known to be folders and not links. */
  up(index: number): void {
    const rest = this.#names.slice(index + 1)
    this.#names = index > 0 ? [...this.#names.slice(0, index - 1), ...rest] : this.#enter(dirname(this.#entrances[0] ?? '/'), rest)
  }

  /** What is left of a way that begins outside, once it comes in by an entrance; every step to there must lie on one. */
  #enter(from: string, names: readonly string[]): readonly string[] {
    let at = from
    for (let i = 0; ; i++) {
      if (this.#entrances.includes(at)) return names.slice(i)
      const name = names[i]
      if (name === undefined || !this.#entrances.some((entrance) => within(at, entrance))) throw new Refused('E_OUTSIDE')
      at = name === '..' ? dirname(at) : join(at, name)
    }
  }
}

export const within = (folder: string, path: string): boolean => path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
