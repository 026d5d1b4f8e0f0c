import { createHash } from 'node:crypto'
import { below, under, type VfsPath, within } from '../../src/core/path.ts'
import type { Info } from './rc.ts'

/** What a remote's name says before its path: `name:`, `name,option=value:`, `:type,option="va:lue",pass={env:PASS}:`. */
const BEFORE_PATH = /^:?[^,:]*(?:,[^=,:]+(?:=(?:"(?:[^"]|"")*"|'(?:[^']|'')*'|\{[^{}]*\}|[^,:]*))?)*:/

/** Where a remote is in the storage that rclone found behind its name: remotes of one storage are one volume, whatever folder of it each begins at. */
export class Where {
  readonly volume: string
  readonly #root: VfsPath

  /** `named` is what a person calls the remote, and so holds references and no secrets. */
  constructor(named: string, { Name, Root }: Pick<Info, 'Name' | 'Root'>) {
    // In the place of options rclone has a hash of them, which is another one with every new password.
    const storage = Name.includes('{') ? (BEFORE_PATH.exec(named)?.[0] ?? named) : `${Name}:`
    const isAbsolute = Root.startsWith('/') // what a server has below its `/` is not what it has where a user begins
    this.volume = `rclone:${createHash('sha256')
      .update(isAbsolute ? `${storage}/` : storage)
      .digest('hex')
      .slice(0, 24)}`
    this.#root = `/${Root.replace(/^\/+|\/+$/g, '')}` as VfsPath
  }

  locate(path: VfsPath): VfsPath {
    return under(this.#root, path)
  }

  find(inner: VfsPath): VfsPath | undefined {
    return within(this.#root, inner) ? below(this.#root, inner) : undefined
  }
}
