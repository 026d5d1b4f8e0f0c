import { rawDigest } from '../../core/cid.ts'
import type { VfsPath } from '../../core/path.ts'
import { cidOfContent } from '../../content/hashing.ts'
import type { Journal } from '../../journal/types.ts'
import type { Targets } from '../target.ts'
import type { Mount } from '../mounts.ts'
import type { Key, Places } from './places.ts'
import type { Filing, Found } from './plan.ts'

/** One of two files that are compared. */
interface Side {
  readonly mount: Mount
  readonly inner: VfsPath
  readonly place: Key
  readonly etag: string
  readonly known: string | undefined
}

/** Tells whether two files hold the same content, by CIDs. What it has to read for that, it remembers. */
export class Comparison {
  readonly #targets: Targets
  readonly #journal: Journal
  readonly #places: Places
  readonly #signal: AbortSignal | undefined

  constructor(targets: Targets, journal: Journal, places: Places, signal: AbortSignal | undefined) {
    this.#places = places
    this.#targets = targets
    this.#journal = journal
    this.#signal = signal
  }

  async isSame({ from, to, source, standing }: Filing): Promise<boolean> {
    if (standing?.kind !== 'file' || source.size !== standing.size) return false
    const here = await this.#side(from, source)
    const there = await this.#side(to, standing)
    if (here.known !== undefined && there.known !== undefined) {
      if (here.known === there.known) return true
      if (tell(here.known, there.known)) return false
    }
    return here.known === undefined ? this.#equal(here, there) : this.#equal(there, here)
  }

  /** Reads the one, and the other if what is known of it does not tell. */
  async #equal(read: Side, other: Side): Promise<boolean> {
    const cid = await this.#hash(read)
    if (other.known === cid) return true
    if (other.known !== undefined && tell(other.known, cid)) return false
    return (await this.#hash(other)) === cid
  }

  async #side(path: VfsPath, { etag, cid }: Found): Promise<Side> {
    const { mount, inner } = await this.#targets.readable('copy', path, this.#signal)
    const place = await this.#places.of(mount, inner)
    return { mount, inner, place, etag, known: cid ?? this.#journal.known(place, etag) }
  }

  async #hash({ mount, inner, place, etag }: Side): Promise<string> {
    const cid = await cidOfContent(mount.backend.read(inner, { ifMatch: etag, signal: this.#signal, reuse: true, fresh: true }))
    this.#journal.learn(place, etag, cid)
    return cid
  }
}

/** One content has many CIDs, by how it was cut: that two of them differ tells something only if both are one raw leaf. */
const tell = (a: string, b: string): boolean => rawDigest(a) !== undefined && rawDigest(b) !== undefined
