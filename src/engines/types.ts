import type { LocalContent } from '../content/store.ts'
import type { CollectOptions } from '../content/collect/types.ts'
import type { VfsError } from '../core/error.ts'
import type { CollectedRepository } from '../ipfs/kubo/index.ts'
import type { IpfsNode } from '../ipfs/types.ts'
import type { LazyServices } from './services.ts'

export interface EngineParts {
  readonly content: LocalContent
  readonly services: LazyServices
  readonly env: NodeJS.ProcessEnv
  readonly home: string
  readonly log: (message: string, error: unknown) => void
}

/** The IPFS node that the configuration names, and what is to be said of it. */
export interface Engine extends AsyncDisposable {
  readonly node: IpfsNode
  /** Of a daemon's repository; absent where the node's blocks are in the content store. Rejects UNSUPPORTED for one that is not ours. */
  readonly collect?: ((options?: CollectOptions) => Promise<CollectedRepository>) | undefined
  /** Why a call would fail now; undefined while it would not. */
  absence(): VfsError | undefined
  /** What a person should know. */
  notes(): Promise<readonly string[]>
}
