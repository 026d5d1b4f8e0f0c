import { VfsError } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'

/** What a path of an agent can refer to. */
export interface Surroundings {
  /** The folders that the command line named; a relative path means the only one. */
  readonly served: readonly VfsPath[]
  /** What `~` stands for. */
  readonly home?: string | undefined
  /** The mount that serves a path. */
  readonly mountOf: (path: string) => Promise<string | undefined>
}

/**
 * Makes an absolute path with single slashes of what agents send: a host's path, `file://`, `polymount://`, `~`, `./`, `//`,
 * a trailing `/`, and `..` as long as it stays inside one mount. Everything else is left for the core to refuse.
 */
export async function forgivePath(input: string, around: Surroundings): Promise<string> {
  const absolute = toAbsolute(fromUri(input), around)
  const segments = absolute.split('/').filter((segment) => segment !== '' && segment !== '.')
  return segments.includes('..') ? climb(input, segments, around) : `/${segments.join('/')}`
}

function fromUri(input: string): string {
  const rest = /^(?:file|polymount):\/\/(?:localhost)?(\/.*)$/is.exec(input)?.[1]
  if (rest === undefined) return input
  try {
    return decodeURIComponent(rest)
  } catch {
    return rest // a bare % is no escape
  }
}

function toAbsolute(path: string, { served, home }: Surroundings): string {
  if (path.startsWith('/')) return path
  if (home !== undefined && /^~(?=\/|$)/.test(path)) return home + path.slice(1)
  const [only, ...others] = served
  if (only !== undefined && others.length === 0 && path !== '') return `${only}/${path}`
  const example = only === undefined ? '/folder/file' : `${only}/${path}`
  throw new VfsError('INVALID_PATH', `path ${shorten(path)} is not absolute`, { path: shorten(path), hint: `Send an absolute path, such as ${example}.` })
}

/** `..` is resolved by name. It must not lead from one mount into another: what lies there is for its own, whole path to name. */
async function climb(input: string, segments: readonly string[], { mountOf }: Surroundings): Promise<string> {
  const at: string[] = []
  for (const segment of segments) {
    if (segment !== '..') {
      at.push(segment)
      continue
    }
    const before = await mountOf(`/${at.join('/')}`)
    const popped = at.pop()
    if (popped === undefined || before === undefined || before !== (await mountOf(`/${at.join('/')}`)))
      throw new VfsError('INVALID_PATH', `path ${shorten(input)} leaves its mount by ".."`, {
        path: shorten(input),
        hint: 'Send the absolute path without "..".',
      })
  }
  return `/${at.join('/')}`
}

const shorten = (path: string): string => JSON.stringify(path.toWellFormed().slice(0, 200))
