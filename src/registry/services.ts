import type { Clusters } from '../cluster/clusters.ts'
import type { ContentStore } from '../content/types.ts'
import type { Inboxes } from '../ipfs/inboxes.ts'
import type { IpfsNode } from '../ipfs/types.ts'
import type { Retrieval } from '../retrieval/types.ts'
import type { Search } from '../search/search.ts'
import type { Storages } from '../storages/types.ts'
import type { Sync } from '../sync/types.ts'
import type { Vfs } from '../vfs/types.ts'

/** What a toolset can ask for: its constructor takes the part of this record that it names. */
export interface Services {
  readonly vfs: Vfs
  readonly content: ContentStore
  readonly ipfs: IpfsNode
  readonly clusters: Clusters
  /** Subscriptions to pubsub topics. */
  readonly inboxes: Inboxes
  /** Verified blocks of others. */
  readonly retrieval: Retrieval
  readonly search: Search
  readonly sync: Sync
  /** Storages by the names that a person or an agent gave them. */
  readonly backends: Storages
  /** What a person should know of the storages beside what their mounts tell. */
  readonly notes: () => Promise<readonly string[]>
}
