import { readlinkSync, realpathSync } from 'node:fs'
import { resolve as absolute } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { VfsPath } from '../../src/core/path.ts'
import { isErrno, Refused } from './errors.ts'
import { Folder } from './folder.ts'
import { lossy, shown, shownText } from './names.ts'
import { Way } from './way.ts'

const OPEN_FOLDERS = 128

/** Where a path leads: an opened folder, and a name in it at which something may stand or not. */
export class Spot implements Disposable {
  readonly folder: Folder
  /** Empty for the root, which has no name in a folder of ours. */
  readonly name: string
  /** True if a link led here. */
  readonly linked: boolean

  constructor(folder: Folder, name: string, linked: boolean) {
    this.folder = folder
    this.name = name
    this.linked = linked
  }

  /** A path for system calls. */
  get at(): string | Buffer {
    return this.name === '' ? this.folder.self : this.folder.at(this.name)
  }

  /** The absolute path. */
  get real(): string {
    return this.name === '' ? this.folder.real : child(this.folder.real, this.name)
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]()
  }
}

/** Finds places below one root, folder by folder, each opened in the one before. The system follows no link: we do, by hand. */
export class Resolver implements Disposable {
  readonly #home: () => string
  readonly #admit: (folder: Folder) => void
  readonly #open = new LRUCache<string, Folder>({ max: OPEN_FOLDERS, dispose: (folder) => folder[Symbol.dispose]() })
  #root: Folder | undefined
  #entrances: readonly string[] = []

  /** `home` names the root when it is opened; `admit` throws for a folder that must not be entered. */
  constructor(home: () => string, admit: (folder: Folder) => void) {
    this.#home = home
    this.#admit = admit
  }

  /** The opened root; another folder that has taken its place is opened anew. Rejects UNAVAILABLE. */
  get root(): Folder {
    if (this.#root?.inPlace) return this.#root
    this[Symbol.dispose]()
    try {
      const given = absolute(this.#home())
      const real = realpathSync.native(given)
      const root = (this.#root = this.#admitted(new Folder(real, shownText(real))))
      this.#entrances = [root.real, shownText(given)]
      if (root.inPlace) return root
      this[Symbol.dispose]()
      throw new Refused('E_ROOT') // a folder above it was swapped meanwhile
    } catch (error) {
      throw isErrno(error, 'ENOENT', 'ENOTDIR') ? new Refused('E_ROOT', error) : error
    }
  }

  /** The place of a path; its last name is not followed if it is a link. */
  place(path: VfsPath): Spot {
    return this.#walk(this.#way(path))
  }

  /** Looks at the place to which the path leads: a look that meets a link throws ELOOP, and is repeated where that leads. */
  follow<T>(path: VfsPath, look: (spot: Spot) => T): { readonly spot: Spot; readonly found: T } {
    const way = this.#way(path)
    for (;;) {
      const spot = this.#walk(way)
      try {
        return { spot, found: look(spot) }
      } catch (error) {
        using _ = spot
        const text = isErrno(error, 'ELOOP') && spot.name !== '' ? linkText(spot.at) : undefined
        if (text === undefined) throw error
        way.link(way.names.length - 1, text)
      }
    }
  }

  /** The folder to which the path leads, for the caller to let go. */
  enter(path: VfsPath): Folder {
    const { spot, found } = this.follow(path, ({ folder, name }) => {
      const inner = name === '' ? folder : this.#enter(folder, name)
      if (typeof inner === 'string') throw new Refused('ELOOP')
      return inner.retain()
    })
    spot[Symbol.dispose]()
    return found
  }

  [Symbol.dispose](): void {
    this.#open.clear()
    this.#root?.[Symbol.dispose]()
    this.#root = undefined
  }

  #way(path: VfsPath): Way {
    if (!this.#root) void this.root
    return new Way(path, this.#entrances)
  }

  #walk(way: Way): Spot {
    for (;;) {
      const spot = this.#descend(way)
      if (spot) return spot
    }
  }

  /** Undefined if a link or ".." has changed the way: it is walked again then, through folders that are open by now. */
  #descend(way: Way): Spot | undefined {
    const last = way.names.length - 1
    const shortcut = last > 0 ? this.#cached(way.names.slice(0, last).reduce(child, this.#root?.real ?? '')) : undefined
    let folder = shortcut ?? this.root
    for (let i = shortcut ? last : 0; i <= last; i++) {
      const name = way.names[i] ?? ''
      if (name === '..') return void way.up(i)
      if (i === last) return new Spot(folder.retain(), name, way.linked)
      const next = this.#enter(folder, name)
      if (typeof next === 'string') return void way.link(i, next)
      folder = next
    }
    return new Spot(folder.retain(), '', way.linked)
  }

  /** The folder of this name, or the text of the link that stands there. */
  #enter(folder: Folder, name: string): Folder | string {
    const real = child(folder.real, name)
    const cached = this.#cached(real)
    if (cached) return cached
    try {
      return this.#keep(new Folder(folder.at(name), real))
    } catch (error) {
      const text = isErrno(error, 'ENOTDIR', 'ELOOP') ? linkText(folder.at(name)) : undefined
      if (text === undefined) throw error
      return text
    }
  }

  #keep(folder: Folder): Folder {
    this.#open.set(folder.real, this.#admitted(folder))
    return folder
  }

  /** One that is not admitted is let go. */
  #admitted(folder: Folder): Folder {
    try {
      this.#admit(folder)
      return folder
    } catch (error) {
      folder[Symbol.dispose]()
      throw error
    }
  }

  #cached(real: string): Folder | undefined {
    const folder = this.#open.get(real)
    if (!folder || folder.inPlace) return folder
    this.#open.delete(real)
    return undefined
  }
}

const child = (real: string, name: string): string => (real === '/' ? `/${name}` : `${real}/${name}`)

/** Undefined if it is no link. */
function linkText(at: string | Buffer): string | undefined {
  try {
    const text = readlinkSync(at)
    return lossy(text) ? shown(readlinkSync(at, 'buffer')) : shownText(text)
  } catch (error) {
    if (isErrno(error, 'EINVAL')) return undefined
    throw error
  }
}
