import type { EventBus, Events } from '../core/events.ts'
import type { VfsPath } from '../core/path.ts'

/** Changes of this long are told together: ten thousand writes are not ten thousand messages. */
const GATHER_MS = 50

export interface Audience {
  readonly tools: () => void
  readonly resources: () => void
  readonly updated: (paths: ReadonlySet<VfsPath>) => void
}

/** Passes on what happens in the gateway, until the returned function is called. */
export function announce(events: EventBus, { tools, resources, updated }: Audience): () => void {
  let gathered = new Set<VfsPath>()
  let timer: NodeJS.Timeout | undefined
  const tell = (): void => {
    const paths = gathered
    gathered = new Set()
    timer = undefined
    updated(paths)
  }
  const changed = ({ path }: Events['changed'][0]): void => {
    gathered.add(path)
    timer ??= setTimeout(tell, GATHER_MS).unref()
  }
  events.on('tools', tools).on('mounts', resources).on('changed', changed)
  return () => {
    clearTimeout(timer)
    events.off('tools', tools).off('mounts', resources).off('changed', changed)
  }
}
