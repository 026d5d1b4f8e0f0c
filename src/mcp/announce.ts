import type { EventBus, Events } from '../core/events.ts'
import type { VfsPath } from '../core/path.ts'

/** Changes of this long are told together: ten thousand writes are not ten thousand messages. */
const GATHER_MS = 50

export interface Audience {
  readonly tools: () => void
  readonly resources: () => void
  readonly updated: (paths: ReadonlySet<VfsPath>) => void
  /** Messages came on these pubsub topics. */
  readonly heard: (topics: ReadonlySet<string>) => void
}

/** Passes on what happens in the gateway, until the returned function is called. */
export function announce(events: EventBus, { tools, resources, updated, heard }: Audience): () => void {
  let paths = new Set<VfsPath>()
  let topics = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const tell = (): void => {
    const gathered = { paths, topics }
    paths = new Set()
    topics = new Set()
    timer = undefined
    if (gathered.paths.size > 0) updated(gathered.paths)
    if (gathered.topics.size > 0) heard(gathered.topics)
  }
  const soon = (): void => void (timer ??= setTimeout(tell, GATHER_MS).unref())
  const changed = ({ path }: Events['changed'][0]): void => {
    paths.add(path)
    soon()
  }
  const message = ({ topic }: Events['message'][0]): void => {
    topics.add(topic)
    soon()
  }
  events.on('tools', tools).on('mounts', resources).on('changed', changed).on('message', message)
  return () => {
    clearTimeout(timer)
    events.off('tools', tools).off('mounts', resources).off('changed', changed).off('message', message)
  }
}
