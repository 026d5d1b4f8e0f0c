import type { About, Bytes, Call, Entry, ListOptions, Precondition, Range, Stat } from '../../src/core/backend.ts'
import { throwIfAborted } from '../../src/core/error.ts'
import type { VfsPath } from '../../src/core/path.ts'
import { FOLDER, Lookup } from '../../src/core/lookup.ts'
import { refusals, toldAt } from '../../src/core/telling.ts'
import type { Bucket, Facts } from './bucket.ts'
import { etagOf } from './etag.ts'
import { type Keys, OWN_FOLDER } from './keys.ts'
import { type Child, children, hasBelow } from './list.ts'
import { Pathless } from '../../src/core/pathless.ts'
import { readObject } from './read.ts'
import type { WholeAbout } from './requests.ts'

/** A file with its facts, or a folder. */
export type Standing = { readonly kind: 'file'; readonly facts: Facts } | { readonly kind: 'directory' }

/** Reading of the keys below a prefix as a tree: what is served, and what is kept aside. */
export class View extends Lookup<Standing> {
  readonly pathless = new Pathless()
  readonly #bucket: Bucket
  readonly #keys: Keys

  constructor(bucket: Bucket, keys: Keys) {
    super('s3')
    this.#bucket = bucket
    this.#keys = keys
  }

  async stat(path: VfsPath, call?: Call): Promise<Stat> {
    return statOf(await this.get('stat', path, call))
  }

  async *list(path: VfsPath, { after, signal, onPathless }: ListOptions = {}): AsyncGenerator<Entry> {
    try {
      for await (const some of this.#inside(path, { after, signal, onPathless }))
        for (const { name, facts } of some.filter((child) => child.name !== OWN_FOLDER)) {
          throwIfAborted(signal, 'list')
          yield { name, ...(facts ? fileOf(facts) : FOLDER) }
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
      yield* readObject(this.#bucket, standing.facts, options)
    } catch (error) {
      throw told(error, 'read', path)
    }
  }

  /** Where something is listed there is a folder, unless a file has its name: the storage is asked for both at once. */
  async *#inside(path: VfsPath, { after, signal, onPathless }: ListOptions): AsyncGenerator<Child[]> {
    const pages = children(this.#bucket, this.#keys.folder(path), { after, ghosts: this.#keys.ghosts, pathless: this.pathless, onPathless, signal })
    try {
      const [first, file] = await Promise.all([pages.next(), path === '/' ? undefined : this.#bucket.head(this.#keys.file(path), { signal })])
      if (file) throw refusal('NOT_DIRECTORY', 'list', path, 'is a file')
      if (first.done || first.value.length === 0) await this.requireFolder('list', path, { signal })
      if (!first.done) yield first.value
      yield* pages
    } finally {
      await pages.return(undefined)
    }
  }

  protected async at(op: string, path: VfsPath, { signal }: Call): Promise<Standing | undefined> {
    throwIfAborted(signal, op)
    try {
      const facts = path === '/' ? undefined : await this.#bucket.head(this.#keys.file(path), { signal })
      if (facts) return { kind: 'file', facts }
      return path === '/' || (await hasBelow(this.#bucket, this.#keys.folder(path), { signal })) ? { kind: 'directory' } : undefined
    } catch (error) {
      throw told(error, op, path)
    }
  }
}

export const statOf = (standing: Standing): Stat => (standing.kind === 'directory' ? FOLDER : fileOf(standing.facts))

const fileOf = ({ size, modified, etag, about }: Facts): Stat => ({ kind: 'file', size, modified, etag: etagOf(etag), ...(about && toldOf(about)) })

const toldOf = ({ headers, metadata }: WholeAbout): About => ({ headers, ...(Object.keys(metadata).length > 0 && { metadata }) })

export function check(op: string, path: VfsPath, standing: Standing | undefined, { ifMatch, ifNoneMatch }: Precondition): void {
  const etag = standing && statOf(standing).etag
  if (ifNoneMatch !== undefined && etag !== undefined) throw refusal('CONFLICT', op, path, `exists already, at ${etag}`)
  if (ifMatch === undefined || (etag !== undefined && (ifMatch === '*' || ifMatch === etag))) return
  throw refusal('CONFLICT', op, path, `is at ${etag ?? 'nothing'}, not at ${ifMatch}`)
}

export const refusal = refusals('s3')

export const told = (error: unknown, op: string, path: VfsPath): unknown => toldAt(error, op, path, 's3')
