import { VfsError } from '../../core/error.ts'
import type { NamedNode } from '../types.ts'
import type { Link } from './codec.ts'
import { buildFolder } from './folder-builder.ts'
import { type Built, type Save, sum } from './file-builder.ts'

type Folder = Map<string, Folder | Built>

/** Memory grows with the number of names, never with the content. */
export class TreeBuilder {
  readonly #save: Save
  readonly #root: Folder = new Map()

  constructor(save: Save) {
    this.#save = save
  }

  /** Rejects INVALID_PATH, and ALREADY_EXISTS for a path that was added as something else. */
  add(path: string, file?: Built): void {
    const names = path.split('/')
    const last = file ? names.pop() : undefined
    let folder = this.#root
    for (const name of names) folder = this.#enter(folder, name, path)
    if (last === undefined || !file) return
    if (folder.has(check(last, path))) throw twice(path)
    folder.set(last, file)
  }

  /** Folders after what is in them; the root last, with an empty name. */
  folders(): AsyncGenerator<NamedNode, Link> {
    return this.#build(this.#root, '')
  }

  async *#build(folder: Folder, path: string): AsyncGenerator<NamedNode, Link> {
    const links: Link[] = []
    for (const [name, child] of folder) {
      const link = child instanceof Map ? yield* this.#build(child, path === '' ? name : `${path}/${name}`) : child
      links.push({ ...link, name })
    }
    const built = await buildFolder(links, this.#save)
    yield { name: path, cid: built.cid.toString(), kind: 'directory', size: folderSize(links) }
    return built
  }

  #enter(folder: Folder, name: string, path: string): Folder {
    const inner = folder.get(check(name, path)) ?? new Map()
    if (!(inner instanceof Map)) throw twice(path)
    folder.set(name, inner)
    return inner
  }
}

/** What a folder says of the bytes below it. */
export const folderSize = (links: readonly Link[]): number => sum(links.map((link) => link.tsize))

function check(name: string, path: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('\0')) {
    throw new VfsError('INVALID_PATH', `a path to add has a segment that is not a name: ${JSON.stringify(path.slice(0, 200))}`)
  }
  return name
}

const twice = (path: string): VfsError => new VfsError('ALREADY_EXISTS', `${JSON.stringify(path.slice(0, 200))} was added before as something else`)
