import type {
  Bytes,
  Call,
  Capabilities,
  CopyOptions,
  DiscardOptions,
  Entry,
  LinkOptions,
  ListOptions,
  Precondition,
  Range,
  Stat,
  Trash,
  WriteOptions,
} from '../../src/core/backend.ts'
import { BaseBackend, READ_ONLY } from '../../src/core/base.ts'
import { isCode } from '../../src/core/error.ts'
import type { VfsPath } from '../../src/core/path.ts'
import { spelledAlike } from '../../src/core/spelling.ts'
import type { Bucket } from './bucket.ts'
import { connect, type Connection, outlives } from './connect.ts'
import { Keys } from './keys.ts'
import { Locks } from '../../src/core/locks.ts'
import { Objects, type RemoveOptions } from './objects.ts'
import { type Found, look, probe } from './probe.ts'
import { S3Trash } from './trash.ts'
import { refusal, told, View } from './view.ts'

export interface S3Options extends Connection {
  /** Where in the bucket the backend's root is. */
  readonly prefix?: string | undefined
  /** Of each part of an upload; if not said, a size that every server takes which was tried. */
  readonly partBytes?: number | undefined
  /** Nobody is going to change anything: what that takes is not tried. */
  readonly readOnly?: boolean | undefined
}

/**
 * Connects and finds out what this server can; one that does not know the checksums of 2025 is reached without them. Rejects
 * what keeps us from the bucket.
 */
export async function openS3(options: S3Options, call?: Call): Promise<S3Backend> {
  const bucket = connect(options)
  try {
    const keys = new Keys(options.prefix)
    const found = await (options.readOnly ? look : probe)(bucket, keys, call)
    return new S3Backend(bucket, keys.for(found), { ...found, checksums: found.checksums && options.compat !== true }, options)
  } catch (error) {
    bucket.close()
    if (options.compat !== undefined || !isCode(error, 'IO_ERROR')) throw error
    return openS3({ ...options, compat: true }, call)
  }
}

/** A bucket, or what lies below a prefix of one, as a tree. */
export class S3Backend extends BaseBackend {
  readonly scheme = 's3'
  readonly volume: string
  override readonly realm: string
  readonly capabilities: Capabilities
  override readonly trash: Trash | undefined
  override readonly checksWrites: boolean
  override readonly usesUp = true
  override readonly outlives = outlives
  readonly #bucket: Bucket
  readonly #keys: Keys
  readonly #objects: Objects

  constructor(bucket: Bucket, keys: Keys, found: Found, { endpoint, region, credentials, partBytes }: S3Options) {
    super()
    const server = `s3:${endpoint === undefined ? 'aws' : spelledAlike(endpoint)}`
    this.volume = `${server}/${bucket.name}`
    this.realm = `${server} ${region} ${credentials?.accessKeyId}` // these keys are good for all of it
    this.checksWrites = found.checksums
    this.#bucket = bucket
    this.#keys = keys
    this.#objects = new Objects({ bucket, found, locks: new Locks(), partBytes }, keys)
    this.trash = found.writable ? new S3Trash(bucket, keys, this.#objects, found) : undefined
    this.capabilities = Object.freeze({
      ...READ_ONLY,
      cas: found.replacements && found.removals && found.creations ? 'native' : 'lock',
      ...(found.writable && WRITABLE),
    })
  }

  override async check(call?: Call): Promise<void> {
    await this.#bucket.page({ ...call, prefix: this.#keys.prefix, most: 1 })
  }

  override notes(): readonly string[] {
    return this.#objects.view.pathless.notes()
  }

  override async locate(path: VfsPath): Promise<string> {
    return `/${this.#keys.prefix}${path.slice(1)}`.replace(/(?<=.)\/$/, '')
  }

  override find(inner: string): VfsPath | undefined {
    if (`${inner}/` === `/${this.#keys.prefix}`) return '/' as VfsPath
    return inner.startsWith(`/${this.#keys.prefix}`) ? (`/${inner.slice(this.#keys.prefix.length + 1)}` as VfsPath) : undefined
  }

  stat(path: VfsPath, call?: Call): Promise<Stat> {
    return this.#objects.view.stat(path, call)
  }

  list(path: VfsPath, options?: ListOptions): AsyncIterable<Entry> {
    return this.#objects.view.list(path, options)
  }

  read(path: VfsPath, options?: Call & Range & Pick<Precondition, 'ifMatch'>): Bytes {
    return this.#objects.view.read(path, options)
  }

  override write(path: VfsPath, source: Bytes, options: WriteOptions = {}): Promise<Stat> {
    return this.#changing('write', path, () => this.#objects.write(path, source, options))
  }

  override discard(path: VfsPath, _id: string, options: DiscardOptions = {}): Promise<boolean> {
    return this.#telling('discard', path, () => this.#objects.discard(path, options))
  }

  override mkdir(path: VfsPath, call: Call = {}): Promise<void> {
    return this.#changing('mkdir', path, () => this.#objects.mkdir(path, call))
  }

  override remove(path: VfsPath, options: RemoveOptions = {}): Promise<void> {
    return this.#changing('remove', path, async () => {
      if (path === '/') throw refusal('INVALID_ARGUMENT', 'remove', path, 'is the root')
      await this.#objects.remove(path, options)
    })
  }

  override copy(from: VfsPath, to: VfsPath, options: CopyOptions = {}): Promise<Stat> {
    const { of } = options
    return this.#changing('copy', from, async () => {
      if (of !== undefined && of !== this.volume) return this.#copyFrom(of, from, to, options)
      return (await this.#objects.copyTo(this.#objects, from, to, { ...options, folders: false })).stat
    })
  }

  /** The volume of another bucket ends in its name, and a place in it is a key. */
  #copyFrom(volume: string, from: VfsPath, to: VfsPath, options: CopyOptions): Promise<Stat> {
    const name = volume.slice(volume.lastIndexOf('/') + 1)
    return this.#objects.copyFrom(name, new View(this.#bucket.sibling(name), new Keys()), from, to, options)
  }

  override readonly link = (path: VfsPath, options: LinkOptions): Promise<string> =>
    this.#telling('link', path, async () => {
      if (options.upload && !this.capabilities.write) throw this.unsupported('link', path)
      const standing = await this.#objects.view.find('link', path)
      if (standing?.kind === 'directory') throw refusal('IS_DIRECTORY', 'link', path, 'is a folder')
      if (!standing && !options.upload) throw refusal('NOT_FOUND', 'link', path, 'does not exist')
      return this.#bucket.link({ key: this.#keys.file(path) }, options)
    })

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#bucket.close()
  }

  async #changing<T>(op: string, path: VfsPath, work: () => Promise<T>): Promise<T> {
    if (!this.capabilities.write) throw this.unsupported(op, path)
    return this.#telling(op, path, work)
  }

  async #telling<T>(op: string, path: VfsPath, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw told(error, op, path)
    }
  }
}

const WRITABLE = { write: true, empty_folders: true, copy: true, trash: true, metadata: true } as const
