import type { Call, CopyOptions, Precondition, Stat, Trash } from '../../src/core/backend.ts'
import { afterwards, inDoubt } from '../../src/core/effect.ts'
import { isCode, type VfsError } from '../../src/core/error.ts'
import { join, ROOT, type VfsPath } from '../../src/core/path.ts'
import type { Bucket } from './bucket.ts'
import { KeptView } from './kept.ts'
import type { Keys } from './keys.ts'
import type { Objects } from './objects.ts'
import type { Found } from './probe.ts'
import { refusal, statOf } from './view.ts'

/** Objects under a key of our own in the same bucket: they go there and come back without their bytes passing through us. */
export class S3Trash implements Trash {
  readonly contents: KeptView
  readonly versioned: boolean
  readonly #bucket: Bucket
  readonly #keys: Keys
  readonly #objects: Objects
  readonly #kept: Objects

  constructor(bucket: Bucket, keys: Keys, objects: Objects, { versions }: Pick<Found, 'versions'>) {
    this.#bucket = bucket
    this.#keys = keys.kept()
    this.contents = new KeptView(bucket, this.#keys)
    this.versioned = versions
    this.#objects = objects
    this.#kept = objects.aside(this.#keys, this.contents)
  }

  /** A file, or an empty folder: a bucket cannot move more than that in one step. */
  async put(path: VfsPath, id: string, options: Call & Precondition = {}): Promise<Stat> {
    if (path === '/') throw refusal('INVALID_ARGUMENT', 'remove', path, 'is the root')
    const aside = join(ROOT, id)
    const copying = this.#objects.copyTo(this.#kept, path, aside, { ...options, folders: true })
    const { source, stat } = await copying.catch((error: unknown) => this.#notCopied(path, error))
    try {
      await this.#objects.remove(path, { signal: options.signal, ifMatch: source.kind === 'file' ? statOf(source).etag : undefined, mustExist: true })
    } catch (error) {
      await this.#notRemoved(path, id, error)
    }
    return stat
  }

  async back(id: string, path: VfsPath, call: Call & Pick<CopyOptions, 'staging'> = {}): Promise<Stat> {
    const aside = join(ROOT, id)
    const { stat } = await this.#kept.copyTo(this.#objects, aside, path, { ...call, folders: true })
    await afterwards(() => this.drop(id)) // it stands at both places, which recovery settles
    return stat
  }

  async keep(path: VfsPath, id: string, call: Call = {}): Promise<Stat> {
    return (await this.#objects.copyTo(this.#kept, path, join(ROOT, id), { ...call, folders: false })).stat
  }

  async drop(id: string, call: Call = {}): Promise<void> {
    const aside = join(ROOT, id)
    const file = this.#keys.file(aside)
    if (!(await this.#erase(file, call))) await this.#sweep(file, call)
    await this.#erase(this.#keys.marker(aside), call)
  }

  /** Only what is there: not every server takes it well to be asked to delete what is not, or what is a folder to it. */
  async #erase(key: string, call: Call): Promise<boolean> {
    if (!this.versioned && !(await this.#bucket.head(key, call))) return false
    await (this.versioned ? this.#bucket.versions.expunge(key, call) : this.#bucket.delete(key, call))
    return true
  }

  /** What was copied here in parts and has not become whole: nobody else uses the key. */
  async #sweep(key: string, call: Call): Promise<void> {
    for (const { id } of await this.#bucket.multipart.unfinished(key, call)) await this.#bucket.multipart.abort(key, id)
  }

  /** Nobody copies what another one has taken meanwhile: not every server says it so. */
  async #notCopied(path: VfsPath, error: unknown): Promise<never> {
    const taken = isCode(error, 'OUTCOME_UNKNOWN') && !(await this.#stands(path))
    throw taken ? gone(path) : error
  }

  /** What lies aside may be all that there is: it goes only when the original stands, or was taken by another. */
  async #notRemoved(path: VfsPath, id: string, error: unknown): Promise<void> {
    if (isCode(error, 'OUTCOME_UNKNOWN')) throw error
    const stands = await this.#stands(path)
    const byAnother = isCode(error, 'CONFLICT', 'NOT_FOUND')
    if (!stands && !byAnother) return
    await this.drop(id)
    throw stands ? error : gone(path)
  }

  async #stands(path: VfsPath): Promise<boolean> {
    try {
      return (await this.#objects.view.findAny('remove', path)) !== undefined
    } catch (error) {
      throw inDoubt(error)
    }
  }
}

const gone = (path: VfsPath): VfsError => refusal('NOT_FOUND', 'remove', path, 'does not exist')
