import { VfsError } from '../../src/core/error.ts'
import { segments, type VfsPath } from '../../src/core/path.ts'

const MAX_KEY_BYTES = 1024 // S3, "Object key naming guidelines"

/** What XML 1.0 cannot hold, or turns into something else. */
// oxlint-disable-next-line no-control-regex -- these are what is meant
const NOT_XML = /[\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF]/

/** Where this backend keeps what it needs for itself; no path of it is served, at any depth. */
export const OWN_FOLDER = '.polymount'

/** What of names a server keeps. */
export interface Naming {
  /** Listings can hold control characters, which XML cannot. */
  readonly anyName: boolean
  /** A key that ends in "/" is another one than the same without. */
  readonly slashes: boolean
  /** A folder whose last object was removed is listed still. */
  readonly ghosts: boolean
}

/** Maps paths to keys below a prefix: a file is its key, a folder is what begins with its key and `/`. */
export class Keys {
  readonly prefix: string
  readonly #naming: Naming

  constructor(prefix = '', naming: Naming = { anyName: true, slashes: true, ghosts: false }) {
    this.#naming = naming
    const bare = prefix.replace(/^\/+|\/+$/g, '')
    this.prefix = bare === '' ? '' : `${bare}/`
  }

  get ghosts(): boolean {
    return this.#naming.ghosts
  }

  /** Rejects INVALID_PATH for what is too long for a key, and DENIED for the backend's own. */
  file(path: VfsPath): string {
    if (segments(path).includes(OWN_FOLDER)) throw new VfsError('DENIED', `${path} belongs to polymount itself`, { path, backend: 's3' })
    if (!this.#naming.anyName && NOT_XML.test(path)) throw new VfsError('INVALID_PATH', 'this server cannot list such a name', { path, backend: 's3' })
    const key = this.prefix + path.slice(1)
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new VfsError('INVALID_PATH', `the key is longer than ${MAX_KEY_BYTES} bytes`, { path, backend: 's3' })
    return key
  }

  /** The same for what the server turned out to be. */
  for(naming: Naming): Keys {
    return new Keys(this.prefix, naming)
  }

  folder(path: VfsPath): string {
    return path === '/' ? this.prefix : `${this.file(path)}/`
  }

  /** Where an empty object keeps a folder alive that holds nothing. */
  marker(path: VfsPath): string {
    return this.#naming.slashes ? this.folder(path) : `${this.folder(path)}${OWN_FOLDER}/folder`
  }

  /** What is kept aside under an id: keys that no path reaches. */
  kept(): Keys {
    return new Keys(`${this.prefix}${OWN_FOLDER}/trash`, this.#naming)
  }
}
