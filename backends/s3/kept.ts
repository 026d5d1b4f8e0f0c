import type { Call } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import type { VfsPath } from '../../src/core/path.ts'
import type { Bucket } from './bucket.ts'
import type { Source } from './requests.ts'
import type { Keys } from './keys.ts'
import { type Standing, View } from './view.ts'

/** What lies aside: contents, and in place of what the storage keeps by itself a note of its version, which is followed. */
export class KeptView extends View {
  readonly #bucket: Bucket

  constructor(bucket: Bucket, keys: Keys) {
    super(bucket, keys)
    this.#bucket = bucket
  }

  protected override async at(op: string, path: VfsPath, call: Call): Promise<Standing | undefined> {
    const standing = await super.at(op, path, call)
    const keeps = standing?.kind === 'file' ? standing.facts.keeps : undefined
    return keeps ? this.#follow(keeps, call) : standing
  }

  async #follow({ key, version }: Source, { signal }: Call): Promise<Standing> {
    const facts = await this.#bucket.head(key, { version, signal })
    if (facts) return { kind: 'file', facts }
    throw new VfsError('VERSION_NOT_FOUND', 'the bucket keeps this version no longer', {
      backend: 's3',
      hint: 'A rule of the bucket or a person has removed it; an older version may still be there.',
    })
  }
}
