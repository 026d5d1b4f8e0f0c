import { randomUUID } from 'node:crypto'
import type { About, Bytes, Call, CopyOptions, DiscardOptions, Metadata, Precondition, Stat, WriteOptions } from '../../src/core/backend.ts'
import { incoming, peek } from '../../src/core/bytes.ts'
import { isCode, type VfsError } from '../../src/core/error.ts'
import { parent, type VfsPath } from '../../src/core/path.ts'
import mime from 'mime'
import { begunAt, endUnnamed } from './begin.ts'
import type { Bucket, Facts, Put } from './bucket.ts'
import type { Conditions } from './requests.ts'
import { copyObject } from './copy.ts'
import { etagOf } from './etag.ts'
import { erase } from './erase.ts'
import type { Keys } from './keys.ts'
import { everything, hasBelow } from './list.ts'
import type { Locks } from '../../src/core/locks.ts'
import type { Found } from './probe.ts'
import { publish, requireCopied, withdraw } from './publish.ts'
import { giveUp, upload, WHOLE_BYTES } from './upload.ts'
import { check, refusal, type Standing, statOf, View } from './view.ts'

export interface Ground {
  readonly bucket: Bucket
  readonly found: Found
  readonly locks: Locks
  /** Of each part of an upload, if somebody has named it. */
  readonly partBytes?: number | undefined
}

export type RemoveOptions = Call & Precondition & { readonly recursive?: boolean | undefined; readonly mustExist?: boolean | undefined }

const NOTHING = new Uint8Array(0)
const RACES = 20

/** Changes of the keys below a prefix. A folder is kept alive, when it is made or gets empty, by an empty object, see Keys.marker. */
export class Objects {
  readonly view: View
  readonly #ground: Ground
  readonly #keys: Keys
  /** What is put here is to be kept, not changed: the storage may do that by itself. */
  readonly #isAside: boolean

  constructor(ground: Ground, keys: Keys, view = new View(ground.bucket, keys), isAside = false) {
    this.#ground = ground
    this.#keys = keys
    this.view = view
    this.#isAside = isAside
  }

  /** The same bucket, for what is kept under other keys. */
  aside(keys: Keys, view: View): Objects {
    return new Objects(this.#ground, keys, view, true)
  }

  async write(path: VfsPath, source: Bytes, options: WriteOptions): Promise<Stat> {
    const change = options.id ?? randomUUID()
    const content = await peek(incoming(source, path, options.signal), WHOLE_BYTES)
    if ('whole' in content) return this.#writeWhole(path, content.whole, change, options)
    let standing: Facts | undefined
    try {
      standing = await this.#replaceable(path, options) // before much is sent in vain
    } catch (error) {
      for await (const _ of content.stream) break // lets the source go
      throw error
    }
    return this.#writeParts(path, content.stream, change, { ...options, about: aboutNew(path, standing, options) })
  }

  async mkdir(path: VfsPath, call: Call): Promise<void> {
    const standing = await this.view.find('mkdir', path, call)
    if (standing?.kind === 'file') throw refusal('ALREADY_EXISTS', 'mkdir', path, 'is a file')
    if (path === '/') return
    if (!standing) await this.view.requireFolder('mkdir', parent(path), call)
    await this.#mark(path, call)
  }

  remove(path: VfsPath, options: RemoveOptions = {}): Promise<void> {
    return this.#locked(path, async () => {
      const standing = await this.view.findAny('remove', path, options)
      check('remove', path, standing, options)
      if (!standing && options.mustExist) throw refusal('NOT_FOUND', 'remove', path, 'does not exist')
      if (!standing) return
      if (standing.kind === 'file')
        await withdraw(this.#ground.bucket, this.#keys.file(path), { ...this.#exactly('removals', standing.facts, options), signal: options.signal })
      else await this.#removeFolder(path, options)
      await this.#keepAlive(parent(path), options)
    })
  }

  /** A file, or with `folders` an empty folder, to where nothing stands; the bytes stay in the storage. */
  async copyTo(target: Objects, from: VfsPath, to: VfsPath, options: CopyOptions & { readonly folders: boolean }): Promise<Copied> {
    const source = await sourceAt(this.view, from, options)
    if (this === target && from === to) return { source, stat: statOf(source) }
    return target.#locked(to, async () => {
      await target.#requireFree(to, options)
      if (source.kind === 'directory') return { source, stat: await this.#copyFolder(target, from, to, options) }
      return { source, stat: await this.#copyFile(target, source.facts, to, options) }
    })
  }

  /** A file of another bucket that the server itself can read. */
  async copyFrom(bucket: string, view: View, from: VfsPath, to: VfsPath, options: CopyOptions): Promise<Stat> {
    const source = await sourceAt(view, from, { ...options, folders: false })
    if (source.kind === 'directory') throw refusal('IS_DIRECTORY', 'copy', from, 'is a folder')
    const facts = { ...source.facts, source: { ...source.facts.source, bucket } }
    return this.#locked(to, async () => {
      await this.#requireFree(to, options)
      return this.#copyFile(this, facts, to, options)
    })
  }

  /** The upload of this name, or the one that has none yet, if nobody has ended it: others of the same key are of changes of other gateways, which may live. */
  async discard(path: VfsPath, { staging }: DiscardOptions): Promise<boolean> {
    if (staging === undefined) return false
    const { bucket } = this.#ground
    const since = begunAt(staging)
    return since ? endUnnamed(bucket, this.#keys.file(path), since) : bucket.multipart.abort(this.#keys.file(path), staging)
  }

  async #writeWhole(path: VfsPath, content: Uint8Array, change: string, options: WriteOptions): Promise<Stat> {
    await options.staged?.(content.length)
    return this.#publish(path, change, content.length, options, (conditions, about) =>
      this.#ground.bucket.put(this.#keys.file(path), content, { ...conditions, about, change, signal: options.signal }),
    )
  }

  async #writeParts(path: VfsPath, source: Bytes, change: string, options: WriteOptions & Pick<Put, 'about'>): Promise<Stat> {
    const { bucket, partBytes } = this.#ground
    const key = this.#keys.file(path)
    const { id, size, parts } = await upload(bucket, key, change, source, { ...options, partBytes })
    try {
      await options.staged?.(size)
      return await this.#publish(path, change, size, options, (conditions) =>
        bucket.multipart.complete(key, id, parts, { ...conditions, signal: options.signal }),
      )
    } catch (error) {
      if (!isCode(error, 'OUTCOME_UNKNOWN')) await giveUp(bucket, key, id)
      throw error
    }
  }

  /** What stands there at the end decides, not what stood there at the beginning. */
  #publish(
    path: VfsPath,
    change: string,
    size: number,
    options: WriteOptions,
    request: (conditions: Conditions, about: About) => Promise<string>,
  ): Promise<Stat> {
    const key = this.#keys.file(path)
    const once = async (): Promise<Stat> => {
      const standing = await this.#replaceable(path, options)
      const wanted = standing ? this.#exactly('replacements', standing, options) : this.#vacant(options)
      const etag = await publish(this.#ground.bucket, key, { change, signal: options.signal }, () => request(wanted, aboutNew(path, standing, options)))
      return { kind: 'file', size, modified: new Date(), etag: etagOf(etag) }
    }
    return this.#locked(path, () => (options.ifMatch === '*' ? this.#whateverStands(path, once) : once()))
  }

  /** Who takes whatever is there loses no race, as long as something is there. */
  async #whateverStands(path: VfsPath, once: () => Promise<Stat>): Promise<Stat> {
    for (let race = 1; ; race++) {
      try {
        return await once()
      } catch (error) {
        if (race === RACES || !isCode(error, 'CONFLICT') || !(await this.view.find('write', path))) throw error
      }
    }
  }

  async #copyFile(target: Objects, facts: Facts, to: VfsPath, options: CopyOptions): Promise<Stat> {
    const { bucket, found } = this.#ground
    const { id: change = randomUUID(), staging, signal, going } = options
    const key = target.#keys.file(to)
    if (target.#isAside && facts.version !== undefined) return this.#keepVersion(facts, key, change, options)
    const byEnd = !found.copyConditions && found.creations && !target.#isAside && !this.#isAside // recovery knows by its etag what came back from aside
    const conditions = { ifMatch: facts.etag, byEnd, ...((found.copyConditions || byEnd) && ({ ifNoneMatch: '*' } as const)) }
    const etag = await publish(bucket, key, { change, signal }, () =>
      copyObject(bucket, facts.source, key, facts.size, { ...conditions, about: facts.about, change, staging, signal, going }),
    )
    await requireCopied(bucket, key, { change, etag, size: facts.size })
    return { kind: 'file', size: facts.size, modified: new Date(), etag: etagOf(etag) }
  }

  /** The storage has it under this version, whatever takes its place: an empty object says so. */
  async #keepVersion(facts: Facts, key: string, change: string, { signal }: Call): Promise<Stat> {
    const keeps = { key: facts.source.key, version: facts.version }
    const options = { ...this.#vacant({ ifNoneMatch: '*' }), change, keeps, signal }
    await publish(this.#ground.bucket, key, options, () => this.#ground.bucket.put(key, NOTHING, options))
    return statOf({ kind: 'file', facts })
  }

  async #copyFolder(target: Objects, from: VfsPath, to: VfsPath, call: Call): Promise<Stat> {
    await this.#markersOf('copy', from, call)
    await target.#mark(to, call)
    return statOf({ kind: 'directory' })
  }

  /** Without `recursive` nothing goes but what keeps the folder alive: what others put there meanwhile stays. */
  async #removeFolder(path: VfsPath, { recursive, signal, going }: RemoveOptions): Promise<void> {
    const { bucket } = this.#ground
    if (path === '/') throw refusal('INVALID_ARGUMENT', 'remove', path, 'is the root')
    const doomed = recursive ? everything(bucket, this.#keys.folder(path), { signal }) : [await this.#markersOf('remove', path, { signal })]
    for await (const objects of doomed) {
      const keys = objects.map(({ source }) => source.key)
      await erase(bucket, keys, { signal, going })
    }
  }

  /** A folder that loses its last file stays, as on any disk. */
  async #keepAlive(path: VfsPath, call: Call): Promise<void> {
    if (path !== '/' && !(await hasBelow(this.#ground.bucket, this.#keys.folder(path), call))) await this.#mark(path, call)
  }

  async #mark(path: VfsPath, { signal }: Call): Promise<void> {
    const key = this.#keys.marker(path)
    const marking = { change: 'folder', signal }
    await publish(this.#ground.bucket, key, marking, () => this.#ground.bucket.put(key, NOTHING, marking))
  }

  async #replaceable(path: VfsPath, options: WriteOptions): Promise<Facts | undefined> {
    if (options.vacant && this.#vacant(options).ifNoneMatch) return undefined
    const standing = await this.view.spot('write', path, options)
    if (standing?.kind === 'directory') throw refusal('IS_DIRECTORY', 'write', path, 'is a folder')
    check('write', path, standing, options)
    return standing?.facts
  }

  async #requireFree(path: VfsPath, call: Call): Promise<void> {
    if (await this.view.spot('copy', path, call)) throw refusal('ALREADY_EXISTS', 'copy', path, 'exists already')
  }

  /** What keeps a folder alive that holds nothing. Rejects if any other key lies below it, also one that no listing shows. */
  async #markersOf(op: 'remove' | 'copy', path: VfsPath, call: Call): Promise<Facts[]> {
    const markers: Facts[] = []
    for await (const objects of everything(this.#ground.bucket, this.#keys.folder(path), call)) {
      const [first, ...more] = objects.filter(({ source, size }) => size > 0 || source.key !== this.#keys.marker(path))
      if (first) throw await this.#holding(op, path, `${JSON.stringify(first.source.key)}${more.length > 0 ? ` and ${more.length} more` : ''}`, call)
      markers.push(...objects)
    }
    return markers
  }

  async #holding(op: 'remove' | 'copy', path: VfsPath, keys: string, call: Call): Promise<VfsError> {
    for await (const { name } of this.view.list(path, call))
      return refusal(op === 'remove' ? 'NOT_EMPTY' : 'UNSUPPORTED', op, path, `holds ${JSON.stringify(name)}`)
    return refusal('NOT_EMPTY', op, path, `holds keys that no path here reaches: ${keys}. Whoever put them into the bucket can remove them`)
  }

  /** Conditions that the storage is known to keep; where it does not, the lock and the look before are all there is. */
  #exactly(kept: 'replacements' | 'removals', { etag }: Facts, { ifMatch }: Precondition): Conditions {
    return ifMatch !== undefined && this.#ground.found[kept] ? { ifMatch: etag } : {}
  }

  #vacant({ ifNoneMatch }: WriteOptions): Conditions {
    return this.#ground.found.creations && ifNoneMatch !== undefined ? { ifNoneMatch } : {}
  }

  #locked<T>(path: VfsPath, work: () => Promise<T>): Promise<T> {
    return this.#ground.locks.run(this.#keys.folder(path), work)
  }
}

/** What stood there goes on being said of what takes its place, but for how the old bytes were encoded. */
const aboutNew = (path: VfsPath, standing: Facts | undefined, { headers, metadata }: About): About => ({
  headers: headers ?? (standing?.about ? unencoded(standing.about.headers) : typeOf(path)),
  metadata: metadata ?? standing?.about?.metadata ?? {},
})

const unencoded = (headers: Metadata): Metadata => Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-encoding'))

function typeOf(path: VfsPath): Metadata {
  const type = mime.getType(path)
  return type === null ? {} : { 'content-type': type }
}

async function sourceAt(view: View, from: VfsPath, options: CopyOptions & { readonly folders: boolean }): Promise<Standing> {
  const source = await view.get('copy', from, options)
  check('copy', from, source, { ifMatch: options.ifMatch })
  if (source.kind === 'directory' && !options.folders) throw refusal('IS_DIRECTORY', 'copy', from, 'is a folder')
  return source
}

export interface Copied {
  readonly source: Standing
  readonly stat: Stat
}
