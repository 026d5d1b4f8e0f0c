import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { within, type VfsPath } from '../../core/path.ts'
import { fromUri } from './uri.ts'

const MOST = 1024

/** The resources that one session asked to be told about. */
export class Subscriptions {
  readonly #paths = new Map<string, VfsPath>()

  add(uri: string): void {
    if (this.#paths.size >= MOST) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `a session can subscribe to ${MOST} resources`)
    this.#paths.set(uri, fromUri(uri))
  }

  delete(uri: string): void {
    this.#paths.delete(uri)
  }

  /** Those that a change of these paths concerns: a folder by what is below it, and a file by what happened to its folder. */
  touchedBy(changed: ReadonlySet<VfsPath>): string[] {
    const isTouched = (path: VfsPath): boolean => changed.has(path) || [...changed].some((other) => within(path, other) || within(other, path))
    return [...this.#paths].filter(([, path]) => isTouched(path)).map(([uri]) => uri)
  }
}
