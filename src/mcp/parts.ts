import type { EventBus } from '../core/events.ts'
import type { VfsPath } from '../core/path.ts'
import type { Inboxes } from '../ipfs/inboxes.ts'
import type { ToolView } from '../registry/registry.ts'
import type { Vfs } from '../vfs/types.ts'

/** A folder that the command line named. */
export interface Served {
  readonly path: VfsPath
  readonly readOnly: boolean
}

/** What a door needs of the gateway. */
export interface McpParts {
  readonly tools: ToolView
  readonly vfs: Vfs
  readonly inboxes: Inboxes
  readonly events: EventBus
  readonly served: readonly Served[]
  /** Gets what no client may see. */
  readonly log: (message: string, error: unknown) => void
  /** Of polymount itself. */
  readonly version: string
}
