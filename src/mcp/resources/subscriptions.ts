import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { within, type VfsPath } from '../../core/path.ts'
import { fromUri } from './uri.ts'

const MOST = 1024

/** The resources that one connection asked to be told about. */
export class Subscriptions {
  readonly #byRequest = new Map<string | number, ReadonlyMap<string, VfsPath>>()
  readonly #own = new Map<string, VfsPath>()

  /** One at a time, as older clients do. Rejects -32602. */
  add(uri: string): void {
    if (this.#own.size >= MOST) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `a connection can subscribe to ${MOST} resources`)
    this.#own.set(uri, fromUri(uri))
  }

  delete(uri: string): void {
    this.#own.delete(uri)
  }

  /** All of one listening request (2026-07-28); what names no path is left out. */
  listen(request: string | number, uris: readonly string[]): void {
    if (this.#byRequest.size < MOST) this.#byRequest.set(request, new Map(uris.slice(0, MOST).flatMap(named)))
  }

  unlisten(request: string | number): void {
    this.#byRequest.delete(request)
  }

  /** Those that a change of these paths concerns: a folder by what is below it, and a file by what happened to its folder. */
  touchedBy(changed: ReadonlySet<VfsPath>): string[] {
    const isTouched = (path: VfsPath): boolean => changed.has(path) || [...changed].some((other) => within(path, other) || within(other, path))
    const all = [this.#own, ...this.#byRequest.values()].flatMap((paths) => [...paths])
    return [...new Set(all.filter(([, path]) => isTouched(path)).map(([uri]) => uri))]
  }
}

function named(uri: string): [string, VfsPath][] {
  try {
    return [[uri, fromUri(uri)]]
  } catch {
    return []
  }
}
