import { LRUCache } from 'lru-cache'
import type { Actor } from '../core/actor.ts'
import type { VfsPath } from '../core/path.ts'

const REMEMBERED = 50_000 // contents over all sessions; about 10 MB

/** Which content each session has seen of a path, so that it does not overwrite what it never saw (journal.md, 12). */
export class SessionReads {
  readonly #etags = new LRUCache<string, string>({ maxSize: REMEMBERED, sizeCalculation: () => 1 })

  saw(actor: Actor, path: VfsPath, etag: string): void {
    if (actor.session !== undefined) this.#etags.set(key(actor.session, path), etag)
  }

  seen(actor: Actor, path: VfsPath): string | undefined {
    return actor.session === undefined ? undefined : this.#etags.get(key(actor.session, path))
  }

  forget(actor: Actor, path: VfsPath): void {
    if (actor.session !== undefined) this.#etags.delete(key(actor.session, path))
  }
}

const key = (session: string, path: VfsPath): string => `${session}\0${path}`
