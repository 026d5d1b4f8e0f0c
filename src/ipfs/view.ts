import type { Bytes, Call, Entry, ListOptions, Precondition, Range, Stat } from '../core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../core/error.ts'
import { join, ROOT, type VfsPath } from '../core/path.ts'
import { Pathless } from '../core/pathless.ts'
import { mapped, relay } from '../core/stream.ts'
import { toldAt } from '../core/telling.ts'
import { NO_TIME } from '../core/times.ts'
import type { NamedNode, Node } from '../content/types.ts'
import { listAt, lookAt } from './moving.ts'
import type { IpfsNode } from './types.ts'

type Trees = Pick<IpfsNode, 'stat' | 'read' | 'list'>

/** The IPFS path (`<cid>/a/b`) of a path of the view. */
export type Where = (path: VfsPath, call?: Call) => Promise<string>

/** The end of the CID: for our CIDs 60 random bits, and never their common beginning. */
export const etagOf = (cid: string): string => cid.slice(-12)

/** Most of IPFS keeps neither times nor modes. */
export function statOf({ cid, kind, size, mode, modified = NO_TIME }: Node): Stat {
  const stat = { kind, size: kind === 'directory' ? 0 : size, modified, etag: etagOf(cid), cid }
  return mode === undefined ? stat : { ...stat, mode: mode & 0o777 }
}

const targetOf = ({ target }: Node): Pick<Entry, 'target'> => (target === undefined || target.startsWith('/') ? {} : { target })

/** Reading of immutable trees as a backend does it. */
export class IpfsView {
  readonly pathless = new Pathless()
  readonly #node: Trees
  readonly #scheme: string
  readonly #where: Where

  constructor(node: Trees, scheme: string, where: Where) {
    this.#node = node
    this.#scheme = scheme
    this.#where = where
  }

  async stat(path: VfsPath, call?: Call): Promise<Stat> {
    return this.told('stat', path, async () => {
      throwIfAborted(call?.signal, 'stat')
      return statOf(await this.#at(path, call))
    })
  }

  list(path: VfsPath, options?: ListOptions): AsyncIterable<Entry> {
    const where = async (): Promise<string> => {
      throwIfAborted(options?.signal, 'list')
      return this.#where(path, options)
    }
    const nodes = listAt(where, (at, after) => this.#node.list(at, { ...options, after }), options?.after)
    return relay(
      mapped(nodes, (node) => this.#entry(path, node, options?.onPathless)),
      () => ({ failed: (error) => this.#telling('list', path, error) }),
    )
  }

  async *read(path: VfsPath, options: Call & Range & Pick<Precondition, 'ifMatch'> = {}): Bytes {
    try {
      throwIfAborted(options.signal, 'read')
      yield* this.#node.read(options.cid ?? (await this.#file(path, options)), options)
    } catch (error) {
      throw this.#telling('read', path, error)
    }
  }

  /** Errors of the work tell the caller's path. */
  async told<T>(op: string, path: VfsPath, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw this.#telling(op, path, error)
    }
  }

  async #file(path: VfsPath, options: Call & Pick<Precondition, 'ifMatch'>): Promise<string> {
    const { cid, kind } = await this.#at(path, options)
    if (kind === 'directory') throw new VfsError('IS_DIRECTORY', 'is a folder')
    this.#check(cid, options.ifMatch)
    return cid
  }

  #at(path: VfsPath, call?: Call): Promise<Node> {
    return lookAt(
      () => this.#where(path, call),
      (at) => this.#node.stat(at, call),
    )
  }

  #entry(folder: VfsPath, node: NamedNode, onPathless: ListOptions['onPathless']): Entry | undefined {
    if (isName(node.name)) return { name: node.name, ...statOf(node), ...targetOf(node) }
    this.pathless.add(`${folder}/${node.name}`)
    onPathless?.(node.name)
    return undefined
  }

  #check(cid: string, ifMatch: string | undefined): void {
    if (ifMatch === undefined || ifMatch === '*' || ifMatch === etagOf(cid)) return
    throw new VfsError('CONFLICT', `is at ${etagOf(cid)}, not at ${ifMatch}`)
  }

  #telling(op: string, path: VfsPath, error: unknown): unknown {
    return toldAt(error, op, path, this.#scheme)
  }
}

/** False for a name that a DAG can hold and a path cannot: it is not shown, since nothing could be done with it. */
export function isName(name: string): boolean {
  try {
    return !name.includes('/') && join(ROOT, name) !== ROOT
  } catch (error) {
    if (isCode(error, 'INVALID_PATH')) return false
    throw error
  }
}
