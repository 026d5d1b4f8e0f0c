import { ResourceNotFoundError } from '@modelcontextprotocol/server'
import { vfsPath, type VfsPath } from '../../core/path.ts'

const PREFIX = 'polymount://'
const TOPIC_PREFIX = 'polymount+pubsub:///'
const MAX_TOPIC = 256 // as the tools take it

export const TEMPLATE = `${PREFIX}/{+path}`
export const TOPIC_TEMPLATE = `${TOPIC_PREFIX}{topic}`

export const toUri = (path: VfsPath): string => PREFIX + path.split('/').map(encodeURIComponent).join('/')

/** Rejects a resource-not-found error for what names no path. */
export function fromUri(uri: string): VfsPath {
  try {
    if (uri.startsWith(`${PREFIX}/`)) return vfsPath(decodeURIComponent(uri.slice(PREFIX.length)))
  } catch {
    // an escape or a path that is none
  }
  throw new ResourceNotFoundError(uri.slice(0, 200), 'No resource has this URI; use polymount:///<path> of a served path.')
}

/** undefined if the URI is of another kind. */
export function topicOf(uri: string): string | undefined {
  if (!uri.startsWith(TOPIC_PREFIX)) return undefined
  try {
    const topic = decodeURIComponent(uri.slice(TOPIC_PREFIX.length))
    return topic === '' || topic.length > MAX_TOPIC ? undefined : topic
  } catch {
    return undefined
  }
}
