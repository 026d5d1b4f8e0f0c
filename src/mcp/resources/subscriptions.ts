import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import type { Call } from '../../core/backend.ts'
import { within, type VfsPath } from '../../core/path.ts'
import { fromUri, topicOf } from './uri.ts'

const MOST = 1024

type Target = { readonly path: VfsPath } | { readonly topic: string }

/** The resources that one connection asked to be told about. */
export class Subscriptions {
  readonly #byRequest = new Map<string | number, ReadonlyMap<string, Target>>()
  readonly #own = new Map<string, Target>()
  readonly #hear: (topic: string, call?: Call) => Promise<unknown>

  /** `hear` has this process listen to a pubsub topic from now on. */
  constructor(hear: (topic: string, call?: Call) => Promise<unknown>) {
    this.#hear = hear
  }

  /** One at a time, as older clients do. Rejects -32602, and what listening to a topic rejects. */
  async add(uri: string, call?: Call): Promise<void> {
    if (this.#own.size >= MOST) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `a connection can subscribe to ${MOST} resources`)
    const target = targetOf(uri)
    if ('topic' in target) await this.#hear(target.topic, call)
    this.#own.set(uri, target)
  }

  delete(uri: string): void {
    this.#own.delete(uri)
  }

  /** All of one listening request (2026-07-28); what names no resource is left out. */
  listen(request: string | number, uris: readonly string[]): void {
    if (this.#byRequest.size >= MOST) return
    const targets = new Map(uris.slice(0, MOST).flatMap(named))
    this.#byRequest.set(request, targets)
    for (const target of targets.values()) if ('topic' in target) this.#hear(target.topic).catch(() => {}) // reading it tells why
  }

  unlisten(request: string | number): void {
    this.#byRequest.delete(request)
  }

  /** Those that a change of these paths concerns: a folder by what is below it, and a file by what happened to its folder. */
  touchedBy(changed: ReadonlySet<VfsPath>): string[] {
    const isTouched = (path: VfsPath): boolean => changed.has(path) || [...changed].some((other) => within(path, other) || within(other, path))
    return this.#those((target) => 'path' in target && isTouched(target.path))
  }

  heardOn(topics: ReadonlySet<string>): string[] {
    return this.#those((target) => 'topic' in target && topics.has(target.topic))
  }

  #those(wanted: (target: Target) => boolean): string[] {
    const all = [this.#own, ...this.#byRequest.values()].flatMap((targets) => [...targets])
    return [...new Set(all.filter(([, target]) => wanted(target)).map(([uri]) => uri))]
  }
}

function targetOf(uri: string): Target {
  const topic = topicOf(uri)
  return topic === undefined ? { path: fromUri(uri) } : { topic }
}

function named(uri: string): [string, Target][] {
  try {
    return [[uri, targetOf(uri)]]
  } catch {
    return []
  }
}
