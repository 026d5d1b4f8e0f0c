import { VfsError } from '../../core/error.ts'
import type { CidFormat, Metadata, NamedNode, Node } from '../types.ts'
import { encodeLink, type Link, textOf, tsizeOf } from './codec.ts'
import { builtFolder } from './folder-builder.ts'
import type { Save } from './file-builder.ts'
import type { Profile } from './profile.ts'

interface Folder {
  readonly children: Map<string, Folder | Link>
  meta: Metadata
}

export interface TreeStyle {
  readonly profile: Profile
  /** Of the folders' CIDs; the profile's if absent. */
  readonly folders?: CidFormat | undefined
}

/** Memory grows with the number of names, never with the content. */
export class TreeBuilder {
  readonly #save: Save
  readonly #profile: Profile
  readonly #format: CidFormat
  readonly #root: Folder = { children: new Map(), meta: {} }

  constructor(save: Save, { profile, folders = profile.format }: TreeStyle) {
    this.#save = save
    this.#profile = profile
    this.#format = folders
  }

  /** Rejects INVALID_PATH, and ALREADY_EXISTS for a path that was added as something else. */
  add(path: string, child: Link): void {
    const names = path.split('/')
    const last = check(names.pop() ?? '', path)
    const { children } = this.#enter(names, path)
    if (children.has(last)) throw twice(path)
    children.set(last, child)
  }

  /** A folder with what is said of it; '' is the root. */
  folder(path: string, meta: Metadata): void {
    this.#enter(path === '' ? [] : path.split('/'), path).meta = meta
  }

  /** A symbolic link. */
  async link(path: string, target: string, meta: Metadata): Promise<NamedNode> {
    const encoded = encodeLink(target, { format: this.#profile.format, meta })
    const tsize = encoded.block.length
    this.add(path, { name: '', cid: encoded.cid, tsize })
    await this.#save(encoded)
    return { name: path, cid: encoded.cid.toString(), kind: 'link', size: Buffer.byteLength(target), tsize, links: 0, modified: meta.modified }
  }

  /** Folders after what is in them; the root last, with an empty name. */
  folders(): AsyncGenerator<NamedNode, Link> {
    return this.#build(this.#root, '')
  }

  async *#build({ children, meta }: Folder, path: string): AsyncGenerator<NamedNode, Link> {
    const links: Link[] = []
    for (const [name, child] of children) {
      const link = 'children' in child ? yield* this.#build(child, path === '' ? name : `${path}/${name}`) : child
      links.push({ ...link, name })
    }
    const { link: built, top } = await builtFolder(links, this.#save, { format: this.#format, meta, profile: this.#profile })
    yield { name: path, ...folderNode(built, top, meta) }
    return built
  }

  #enter(names: readonly string[], path: string): Folder {
    let folder = this.#root
    for (const name of names) {
      const inner = folder.children.get(check(name, path)) ?? { children: new Map(), meta: {} }
      if (!('children' in inner)) throw twice(path)
      folder.children.set(name, inner)
      folder = inner
    }
    return folder
  }
}

/** What a folder says of itself by its links. */
export const folderNode = ({ cid, tsize }: Pick<Link, 'cid' | 'tsize'>, links: readonly Link[], meta: Metadata): Node => ({
  cid: textOf(cid),
  kind: 'directory',
  size: tsizeOf(0, links),
  tsize,
  links: links.length,
  ...meta,
})

function check(name: string, path: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('\0')) {
    throw new VfsError('INVALID_PATH', `a path to add has a segment that is not a name: ${JSON.stringify(path.slice(0, 200))}`)
  }
  return name
}

const twice = (path: string): VfsError => new VfsError('ALREADY_EXISTS', `${JSON.stringify(path.slice(0, 200))} was added before as something else`)
