import { VfsError } from '../core/error.ts'
import { ancestors, type VfsPath, within } from '../core/path.ts'
import { compileGlobs, type Matcher } from './match/glob.ts'

export interface Rules {
  /** Globs. */
  readonly deny?: readonly string[] | undefined
  /** Paths that no rule names and no tool may reach all the same, as the mounts stand now. */
  readonly guarded?: (() => readonly VfsPath[]) | undefined
  readonly readOnly?: boolean | undefined
}

/** The rules that a person set and no tool can change: what is hidden, and whether anything may be written. */
export class Policy {
  readonly readOnly: boolean
  readonly #hit: Matcher
  readonly #guarded: () => readonly VfsPath[]
  readonly #anywhere: boolean

  /** A pattern that begins with `/` is of the whole path; any other hides the name, or the end of a path, anywhere. What lies below is hidden too. */
  constructor({ deny = [], guarded = () => [], readOnly = false }: Rules = {}) {
    this.readOnly = readOnly
    this.#guarded = guarded
    this.#anywhere = deny.length > 0
    // Both ways, since braces can hold whole paths: {/a/b,c/d}.
    this.#hit = compileGlobs(deny.flatMap((pattern) => (pattern.startsWith('/') || !pattern.includes('/') ? [pattern] : [pattern, `**/${pattern}`])))
  }

  /** True if there is anything to hide at all. */
  get hides(): boolean {
    return this.#anywhere || this.#guarded().length > 0
  }

  /** True if no rule can hide anything at this path or below it: globs can anywhere. */
  isClear(path: VfsPath): boolean {
    return !this.#anywhere && !this.#guarded().some((place) => within(path, place) || within(place, path))
  }

  denies(path: VfsPath): boolean {
    if (!this.hides || path === '/') return false
    if (this.#hit(path.slice(1)) || this.#guarded().some((place) => within(place, path))) return true
    for (const folder of ancestors(path)) if (folder !== '/' && this.#hit(folder.slice(1))) return true
    return false
  }

  /** Rejects DENIED by the name alone, so that the answer does not tell whether something is there, nor what other name `face` it is hidden by. */
  check(op: string, path: VfsPath, face = path): void {
    if (this.denies(face)) throw new VfsError('DENIED', `${path} is hidden by a rule of the configuration`, { op, path })
  }
}
