import type {
  Backend,
  Bytes,
  Call,
  Capabilities,
  CopyOptions,
  Entry,
  ListOptions,
  MoveOptions,
  Precondition,
  Range,
  Stat,
  Trash,
  WriteOptions,
} from '../../src/core/backend.ts'
import { BaseBackend, READ_ONLY } from '../../src/core/base.ts'
import { Locks } from '../../src/core/locks.ts'
import type { VfsPath } from '../../src/core/path.ts'
import { filled } from '../../src/core/secret-parts.ts'
import { type Endpoint, type Info, Rc } from './rc.ts'
import { RcloneTrash } from './trash.ts'
import { type RemoveOptions, Tree } from './tree.ts'
import { OWN, refusal, type Remote, View } from './view.ts'
import { Where } from './where.ts'
import { mayTake } from './work.ts'
import { Writes } from './write.ts'

export interface RcloneOptions {
  /** As rclone names it: `name:path` of its configuration, or a connection string `:sftp,host=…:path`. */
  readonly remote: string
  /** What a reference in it stands for. */
  readonly secret: (reference: string) => Promise<string>
  readonly endpoint: (call: Call) => Promise<Endpoint>
}

/** Asks rclone what the remote can. Rejects what keeps us from it. */
export async function openRclone({ remote, secret, endpoint }: RcloneOptions, call?: Call): Promise<RcloneBackend> {
  const rc = new Rc(await filled(remote, secret, quoted), endpoint)
  const info = await rc.call<Info>('operations/fsinfo', {}, call)
  return new RcloneBackend({ rc, info, where: new Where(remote, info) })
}

/** What keeps no promise of ours in storages that we see no more of than rclone does. */
const notesOf = ({ Features }: Info): string[] => [
  ...(Features['CaseInsensitive'] ? ['names that differ in case alone are one file there, and have a history each: keep to one spelling'] : []),
  ...(Features['DuplicateFiles'] ? ['of several files of one name only one is shown'] : []),
]

/** As a value of a connection string. */
const quoted = (secret: string): string => `"${secret.replaceAll('"', '""')}"`

/** Any of the storages that rclone knows, through its remote control. What it can do is what the remote says of itself. */
export class RcloneBackend extends BaseBackend {
  readonly scheme = 'rclone'
  readonly volume: string
  readonly capabilities: Capabilities
  override readonly outlives: Backend['outlives']
  override readonly trash: Trash
  override readonly stop = (path: VfsPath): Promise<void> => this.#tree.steps(path).work.stopAll()
  readonly #notes: readonly string[]
  readonly #rc: Rc
  readonly #where: Where
  readonly #tree: Tree
  readonly #writes: Writes

  constructor(remote: Remote) {
    super()
    const { rc, where } = remote
    const { Features } = remote.info
    const locks = new Locks()
    const marks = Features['CanHaveEmptyDirectories'] !== true
    this.volume = where.volume
    this.outlives = Features['IsLocal'] === true ? undefined : mayTake
    this.#notes = notesOf(remote.info)
    this.#rc = rc
    this.#where = where
    const view = new View(remote)
    this.#tree = new Tree(view, locks, marks)
    this.#writes = new Writes(view, locks)
    this.trash = new RcloneTrash(this.#tree, new Tree(new View(remote, `${OWN}/trash`), locks, marks))
    const [rename, copy] = [Features['Move'] === true, Features['Copy'] === true]
    this.capabilities = Object.freeze({ ...READ_ONLY, write: true, empty_folders: true, trash: true, rename, copy, cas: 'weak' })
  }

  override async check(call?: Call): Promise<void> {
    await this.#rc.call('operations/stat', { remote: '' }, call)
  }

  override notes(): readonly string[] {
    return this.#notes
  }

  override async locate(path: VfsPath): Promise<string> {
    return this.#where.locate(path)
  }

  override find(inner: string): VfsPath | undefined {
    return this.#where.find(inner as VfsPath)
  }

  stat(path: VfsPath, call?: Call): Promise<Stat> {
    return this.#tree.view.stat(path, call)
  }

  override async matches(path: VfsPath, etag: string, call: Call = {}): Promise<boolean> {
    const standing = await this.#tree.view.findAny('stat', path, call)
    return standing !== undefined && this.#tree.view.isThis(path, standing, etag, call)
  }

  list(path: VfsPath, options?: ListOptions): AsyncIterable<Entry> {
    return this.#tree.view.list(path, options)
  }

  read(path: VfsPath, options?: Call & Range & Pick<Precondition, 'ifMatch'>): Bytes {
    return this.#tree.view.read(path, options)
  }

  override write(path: VfsPath, source: Bytes, options: WriteOptions = {}): Promise<Stat> {
    return this.#writes.write(path, source, options)
  }

  override discard(path: VfsPath, id: string, call: Call = {}): Promise<boolean> {
    return this.#writes.discard(path, id, call)
  }

  override mkdir(path: VfsPath, call: Call = {}): Promise<void> {
    return this.#tree.mkdir(path, call)
  }

  override async remove(path: VfsPath, options: RemoveOptions = {}): Promise<void> {
    if (path === '/') throw refusal('INVALID_ARGUMENT', 'remove', path, 'is the root')
    await this.#tree.remove(path, options)
  }

  override async rename(from: VfsPath, to: VfsPath, options: MoveOptions = {}): Promise<void> {
    if (!this.capabilities.rename) return super.rename(from, to, options)
    const { kind } = await this.#tree.view.get('move', from, options)
    if (kind === 'directory') throw refusal('UNSUPPORTED', 'move', from, 'is a folder, which goes file by file')
    await this.#tree.transfer(this.#tree.steps(to), { how: 'move', target: this.#tree, from, to }, options)
  }

  override copy(from: VfsPath, to: VfsPath, options: CopyOptions = {}): Promise<Stat> {
    if (!this.capabilities.copy) return super.copy(from, to, options)
    return this.#tree.transfer(this.#tree.steps(to), { how: 'copy', target: this.#tree, from, to }, options)
  }
}
