import { LRUCache } from 'lru-cache'
import type { Actor } from '../core/actor.ts'
import type { Key } from '../journal/places.ts'

const REMEMBERED = 50_000 // contents over all sessions; about 10 MB

/**
 * Which content each session has seen at a place, by whatever name, so that it does not overwrite what it never saw (journal.md, 12).
 * A call without a session has seen nothing.
 */
export class SessionReads {
  readonly #etags = new LRUCache<string, string>({ maxSize: REMEMBERED, sizeCalculation: () => 1 })

  saw({ session }: Actor, place: Key, etag: string): void {
    if (session !== undefined) this.#etags.set(key(session, place), etag)
  }

  /** The session itself has changed what it had seen there. */
  changed(actor: Actor, place: Key, etag: string): void {
    if (this.seen(actor, place) !== undefined) this.saw(actor, place, etag)
  }

  seen({ session }: Actor, place: Key): string | undefined {
    return session === undefined ? undefined : this.#etags.get(key(session, place))
  }
}

const key = (session: string, { volume, inner }: Key): string => [session, volume, inner].join('\0')
