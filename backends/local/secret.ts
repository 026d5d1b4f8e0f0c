import { basename, dirname } from 'node:path'
import { realpathSync } from 'node:fs'
import { whereabouts } from './dirfd.ts'
import { Refused } from './errors.ts'
import { Folder } from './folder.ts'
import { shownText } from './names.ts'
import { within } from './way.ts'

/** Throws for a folder that is not to be entered: of the data folder, or out of the one that the root has to lie in. */
export const admission =
  (secret: Secret, beneath: string | undefined): ((folder: Folder) => void) =>
  (folder) => {
    secret.admit(folder)
    if (beneath !== undefined && !within(beneath, folder.real)) throw new Refused('E_OUTSIDE')
  }

/** The part of the data folder that is served: the default /local. */
const SERVED_PART = 'files'

/**
 * The gateway's data folder, which no agent may see. Even reading there would harm: closing any descriptor of a
 * database drops the locks of this process on it (journal.md, 4). It is known by its number, so no other way in helps.
 */
export class Secret implements Disposable {
  readonly #folder: Folder | undefined

  constructor(path: string | undefined) {
    if (path === undefined) return
    const real = realpathSync.native(path)
    this.#folder = new Folder(real, shownText(real))
  }

  get folder(): Folder | undefined {
    return this.#folder
  }

  /** Rejects DENIED for the folder itself, and for a root inside it that is not the served part. */
  admit(folder: Folder): void {
    const secret = this.#folder
    if (!secret) return
    const itself = folder.dev === secret.dev && folder.ino === secret.ino
    if (itself || (within(secret.real, folder.real) && !within(`${secret.real}/${SERVED_PART}`, folder.real))) throw new Refused('E_HIDDEN')
  }

  /** The name that a list of this folder leaves out. */
  nameIn(folder: Folder): string | undefined {
    const real = this.#real()
    return real !== undefined && dirname(real) === folder.real ? basename(real) : undefined
  }

  /** Rejects DENIED if moving or removing what stands at this absolute path would take the data folder along. */
  spare(real: string): void {
    const secret = this.#real()
    if (secret !== undefined && within(real, secret)) throw new Refused('E_HIDDEN')
  }

  [Symbol.dispose](): void {
    this.#folder?.[Symbol.dispose]()
  }

  #real(): string | undefined {
    return this.#folder && whereabouts(this.#folder)
  }
}
