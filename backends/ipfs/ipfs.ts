import type { Bytes, Call, Capabilities, Entry, ListOptions, Precondition, Range, Stat } from '../../src/core/backend.ts'
import { BaseBackend, READ_ONLY } from '../../src/core/base.ts'
import { isCode, throwIfAborted, VfsError } from '../../src/core/error.ts'
import { compareNames, segments, type VfsPath } from '../../src/core/path.ts'
import { Pathless } from '../../src/core/pathless.ts'
import { NO_TIME } from '../../src/core/times.ts'
import type { Node } from '../../src/content/types.ts'
import type { IpfsNode, Pin } from '../../src/ipfs/types.ts'
import { IpfsView, isName, statOf } from '../../src/ipfs/view.ts'

/** Of a value that is no UnixFS, and of a block that was lost or damaged. */
const UNSEEN = ['NOT_UNIXFS', 'INVALID_BLOCK', 'OFFLINE', 'NO_PEERS', 'CONTENT_NOT_FOUND_IN_TIME'] as const

/** All of IPFS, read-only: `/<cid>/…`, and `/<name>/…` for a pin that has a name. The root lists the pins. */
export class IpfsBackend extends BaseBackend {
  readonly scheme = 'ipfs'
  readonly volume = 'ipfs'
  readonly capabilities: Capabilities
  readonly #node: IpfsNode
  readonly #view: IpfsView
  readonly #unseen = new Pathless('pins of what is no file or folder, or is lost,')

  constructor(node: IpfsNode) {
    super()
    this.#node = node
    this.#view = new IpfsView(node, 'ipfs', (path, call) => this.#where(path, call))
    this.capabilities = Object.freeze({ ...READ_ONLY, content_addressed: node.sharesContent, by_cid: true, cas: 'native' })
  }

  override notes(): readonly string[] {
    return [...this.#view.pathless.notes(), ...this.#unseen.notes()]
  }

  async stat(path: VfsPath, call?: Call): Promise<Stat> {
    if (path !== '/') return this.#view.stat(path, call)
    throwIfAborted(call?.signal, 'stat')
    return { kind: 'directory', size: 0, modified: NO_TIME, etag: 'pins' }
  }

  list(path: VfsPath, options?: ListOptions): AsyncIterable<Entry> {
    return path === '/' ? this.#pinned(options) : this.#view.list(path, options)
  }

  async *read(path: VfsPath, options?: Call & Range & Pick<Precondition, 'ifMatch'>): Bytes {
    if (path === '/') throw new VfsError('IS_DIRECTORY', '/ is a folder', { op: 'read', path, backend: this.scheme })
    yield* this.#view.read(path, options)
  }

  async *#pinned({ after, details, signal }: ListOptions = {}): AsyncGenerator<Entry> {
    const names = await this.#names({ signal })
    for (const name of [...names.keys()].toSorted(compareNames)) {
      throwIfAborted(signal, 'list')
      const cid = names.get(name)
      if (cid === undefined || (after !== undefined && compareNames(name, after) <= 0)) continue
      const node = await this.#shown(cid, { signal })
      if (!node) this.#unseen.add(name)
      else yield details ? { name, ...statOf(node) } : { name, kind: node.kind }
    }
  }

  /** undefined for a pin that cannot be shown: it keeps nobody from the others. */
  async #shown(cid: string, call: Call): Promise<Node | undefined> {
    try {
      return await this.#node.stat(cid, call)
    } catch (error) {
      if (!isCode(error, ...UNSEEN)) throw error
      return undefined
    }
  }

  async #where(path: VfsPath, call?: Call): Promise<string> {
    const [first = '', ...below] = segments(path)
    return [await this.#root(first, call), ...below].join('/')
  }

  /** A CID stands for itself, also where a pin has taken it for its name. */
  async #root(first: string, call?: Call): Promise<string> {
    try {
      return await this.#node.resolve(first, call)
    } catch (error) {
      if (!isCode(error, 'INVALID_CID')) throw error
      const cid = (await this.#names(call)).get(first)
      if (cid === undefined) throw new VfsError('NOT_FOUND', `${JSON.stringify(first)} is neither a CID nor the name of a pin`, { cause: error })
      return cid
    }
  }

  /** What the root shows: a pin's name, or its CID if it has none, or one that another pin has or no path can hold. */
  async #names(call?: Call): Promise<ReadonlyMap<string, string>> {
    const names = new Map<string, string>()
    for await (const { cid, name } of this.#node.pins.list(call)) names.set(isFree(names, name) ? name : cid, cid)
    return names
  }
}

const isFree = (names: ReadonlyMap<string, string>, name: Pin['name']): name is string => name !== null && isName(name) && !names.has(name)
