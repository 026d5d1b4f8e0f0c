import type { Bytes, Call, Entry, ListOptions, Precondition, Range, Stat } from '../../src/core/backend.ts'
import { throwIfAborted } from '../../src/core/error.ts'
import { ancestors, type VfsPath } from '../../src/core/path.ts'
import { refusals, toldAt } from '../../src/core/telling.ts'
import type { Bucket, Facts } from './bucket.ts'
import { etagOf } from './etag.ts'
import { type Keys, OWN_FOLDER } from './keys.ts'
import { children, hasBelow } from './list.ts'
import { readObject } from './read.ts'

/** A file with its facts, or a folder. */
export type Standing = { readonly kind: 'file'; readonly facts: Facts } | { readonly kind: 'directory' }

const NEVER = new Date(0) // a folder is not a thing that has a time
const FOLDER: Stat = Object.freeze({ kind: 'directory', size: 0, modified: NEVER, etag: 'folder' })

/** Reading of the keys below a prefix as a tree: what is served, and what is kept aside. */
export class View {
  readonly #bucket: Bucket
  readonly #keys: Keys

  constructor(bucket: Bucket, keys: Keys) {
    this.#bucket = bucket
    this.#keys = keys
  }

  /** undefined where nothing stands. Rejects NOT_DIRECTORY below a file. */
  async find(op: string, path: VfsPath, call: Call = {}): Promise<Standing | undefined> {
    const standing = await this.#at(op, path, call)
    if (!standing) for (const above of ancestors(path)) if (await this.#isFolder(op, above, call)) break
    return standing
  }

  async get(op: string, path: VfsPath, call?: Call): Promise<Standing> {
    const standing = await this.find(op, path, call)
    if (!standing) throw refusal('NOT_FOUND', op, path, 'does not exist')
    return standing
  }

  async stat(path: VfsPath, call?: Call): Promise<Stat> {
    return statOf(await this.get('stat', path, call))
  }

  async *list(path: VfsPath, { after, signal }: ListOptions = {}): AsyncGenerator<Entry> {
    try {
      const { kind } = await this.get('list', path, { signal })
      if (kind === 'file') throw refusal('NOT_DIRECTORY', 'list', path, 'is a file')
      for await (const { name, facts } of children(this.#bucket, this.#keys.folder(path), { after, signal })) {
        throwIfAborted(signal, 'list')
        if (name !== OWN_FOLDER && isName(name)) yield { name, ...statOf(facts ? { kind: 'file', facts } : { kind: 'directory' }) }
      }
    } catch (error) {
      throw told(error, 'list', path)
    }
  }

  async *read(path: VfsPath, options: Call & Range & Pick<Precondition, 'ifMatch'> = {}): Bytes {
    try {
      const standing = await this.get('read', path, options)
      if (standing.kind === 'directory') throw refusal('IS_DIRECTORY', 'read', path, 'is a folder')
      check('read', path, standing, { ifMatch: options.ifMatch })
      yield* readObject(this.#bucket, this.#keys.file(path), standing.facts, options)
    } catch (error) {
      throw told(error, 'read', path)
    }
  }

  async #at(op: string, path: VfsPath, { signal }: Call): Promise<Standing | undefined> {
    throwIfAborted(signal, op)
    try {
      const facts = path === '/' ? undefined : await this.#bucket.head(this.#keys.file(path), { signal })
      if (facts) return { kind: 'file', facts }
      return path === '/' || (await hasBelow(this.#bucket, this.#keys.folder(path), { signal })) ? { kind: 'directory' } : undefined
    } catch (error) {
      throw told(error, op, path)
    }
  }

  async #isFolder(op: string, path: VfsPath, call: Call): Promise<boolean> {
    const standing = await this.#at(op, path, call)
    if (standing?.kind === 'file') throw refusal('NOT_DIRECTORY', op, path, 'is a file')
    return standing !== undefined
  }
}

export function statOf(standing: Standing): Stat {
  if (standing.kind === 'directory') return FOLDER
  const { size, modified, etag } = standing.facts
  return { kind: 'file', size, modified, etag: etagOf(etag) }
}

export function check(op: string, path: VfsPath, standing: Standing | undefined, { ifMatch, ifNoneMatch }: Precondition): void {
  const etag = standing && statOf(standing).etag
  if (ifNoneMatch !== undefined && etag !== undefined) throw refusal('CONFLICT', op, path, `exists already, at ${etag}`)
  if (ifMatch === undefined || (etag !== undefined && (ifMatch === '*' || ifMatch === etag))) return
  throw refusal('CONFLICT', op, path, `is at ${etag ?? 'nothing'}, not at ${ifMatch}`)
}

export const refusal = refusals('s3')

export const told = (error: unknown, op: string, path: VfsPath): unknown => toldAt(error, op, path, 's3')

/** False for what a key can hold and a path cannot. */
const isName = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && !name.includes('\0') && Buffer.byteLength(name) <= 255
