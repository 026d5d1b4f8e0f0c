import type { Call, Precondition, Stat, Trash } from '../../src/core/backend.ts'
import { isCode, type VfsError } from '../../src/core/error.ts'
import { join, ROOT, type VfsPath } from '../../src/core/path.ts'
import type { Objects } from './objects.ts'
import { refusal, statOf, View } from './view.ts'
import type { Bucket } from './bucket.ts'
import type { Keys } from './keys.ts'

/** Objects under a key of our own in the same bucket: they go there and come back without their bytes passing through us. */
export class S3Trash implements Trash {
  readonly contents: View
  readonly #objects: Objects
  readonly #kept: Objects

  constructor(bucket: Bucket, keys: Keys, objects: Objects) {
    this.contents = new View(bucket, keys.kept())
    this.#objects = objects
    this.#kept = objects.at(keys.kept())
  }

  /** A file, or an empty folder: a bucket cannot move more than that in one step. */
  async put(path: VfsPath, id: string, options: Call & Precondition = {}): Promise<Stat> {
    if (path === '/') throw refusal('INVALID_ARGUMENT', 'remove', path, 'is the root')
    const aside = join(ROOT, id)
    const { source, stat } = await this.#objects.copyTo(this.#kept, path, aside, { signal: options.signal, ifMatch: options.ifMatch, folders: true })
    try {
      await this.#objects.remove(path, { signal: options.signal, ifMatch: source.kind === 'file' ? statOf(source).etag : undefined, mustExist: true })
    } catch (error) {
      await this.#kept.remove(aside)
      throw isCode(error, 'CONFLICT') && (await this.#objects.view.find('remove', path).catch(() => undefined)) === undefined ? gone(path) : error
    }
    return stat
  }

  async back(id: string, path: VfsPath, call: Call = {}): Promise<Stat> {
    const aside = join(ROOT, id)
    const { stat } = await this.#kept.copyTo(this.#objects, aside, path, { signal: call.signal, folders: true })
    await this.#kept.remove(aside)
    return stat
  }

  async keep(path: VfsPath, id: string, call: Call = {}): Promise<Stat> {
    return (await this.#objects.copyTo(this.#kept, path, join(ROOT, id), { signal: call.signal, folders: false })).stat
  }

  async drop(id: string, call: Call = {}): Promise<void> {
    try {
      await this.#kept.remove(join(ROOT, id), { signal: call.signal, recursive: true })
    } catch (error) {
      if (!isCode(error, 'NOT_FOUND')) throw error
    }
  }
}

const gone = (path: VfsPath): VfsError => refusal('NOT_FOUND', 'remove', path, 'does not exist')
