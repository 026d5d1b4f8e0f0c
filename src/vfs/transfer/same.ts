import { rawDigest } from '../../core/cid.ts'
import { throwIfAborted } from '../../core/error.ts'
import { join, parent, type VfsPath } from '../../core/path.ts'
import { cidOfContent } from '../../content/hashing.ts'
import type { Journal } from '../../journal/types.ts'
import type { Found } from '../beside.ts'
import { forEachOf } from '../pool.ts'
import type { Targets } from '../target.ts'
import type { Key, Places } from './places.ts'
import type { Memory } from './memory.ts'
import type { Filing } from './plan.ts'

/** One of two files that are compared. */
interface Side {
  readonly path: VfsPath
  readonly found: Found
  readonly place: Key
  /** Its CID, where nothing need be read for that. */
  readonly known: string | undefined
}

type Listed = Pick<Side, 'path' | 'found'>
type Alike = Filing & { readonly standing: Found }

interface Ground {
  readonly targets: Targets
  readonly journal: Journal
  readonly places: Places
  /** Files that are read at the same time. */
  readonly width: number
  readonly memory: Memory
  /** Told of what cannot be read. */
  readonly failed: (path: VfsPath, error: unknown) => Promise<void>
  readonly signal: AbortSignal | undefined
}

/** Tells which files hold the same content, by CIDs. What it has to read for that, it remembers. */
export class Comparison {
  readonly #ground: Ground

  constructor(ground: Ground) {
    this.#ground = ground
  }

  /** Files of one folder: those that are to be sent, and how many are the same already. What cannot be told is neither. */
  async differing(files: readonly Filing[]): Promise<{ readonly differ: readonly Filing[]; readonly same: number }> {
    const alike = files.filter((filing): filing is Alike => this.#isAlike(filing))
    const here = await this.#sides(alike.map(({ from, source }) => ({ path: from, found: source })))
    const there = await this.#sides(alike.map(({ to, standing }) => ({ path: to, found: standing })))
    const settled = new Set<Filing>()
    let same = 0
    await forEachOf(alike.entries(), this.#ground.width, async ([i, filing]) => {
      const isSame = await this.#isSame(here[i]!, there[i]!).catch((error: unknown) => this.#failed(filing, error))
      if (isSame !== false) settled.add(filing)
      if (isSame) same++
    })
    return { differ: settled.size === 0 ? files : files.filter((filing) => !settled.has(filing)), same }
  }

  async #failed({ from }: Filing, error: unknown): Promise<undefined> {
    throwIfAborted(this.#ground.signal, 'copy')
    await this.#ground.failed(from, error)
  }

  /** Where permission bits are kept they are part of what is copied. */
  #isAlike({ to, source, standing }: Filing): boolean {
    if (standing?.kind !== 'file' || source.size !== standing.size) return false
    const { modes } = this.#ground.targets.mountOf('copy', to).backend.capabilities
    return !modes || source.mode === undefined || source.mode === standing.mode
  }

  async #isSame(here: Side, there: Side): Promise<boolean> {
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

  /** They lie in one folder, so that one look at the journal tells what is known of all. */
  async #sides(files: readonly Listed[]): Promise<Side[]> {
    const { targets, journal, places, signal } = this.#ground
    const [first] = files
    if (!first) return []
    const { mount, inner } = await targets.readable('copy', first.path, signal)
    const folder = await places.folder(mount, parent(inner))
    const placed = files.map(({ found: { name, etag } }) => ({ inner: join(folder, name), etag }))
    const known = journal.known(mount.backend.volume, placed)
    return files.map((file, i) => ({ ...file, place: { volume: mount.backend.volume, inner: placed[i]!.inner }, known: file.found.cid ?? known[i] }))
  }

  async #hash({ path, place, found: { etag, size } }: Side): Promise<string> {
    const { targets, journal, memory, signal } = this.#ground
    const { mount, inner } = await targets.readable('copy', path, signal)
    const read = (): Promise<string> => cidOfContent(mount.backend.read(inner, { ifMatch: etag, signal, reuse: true, fresh: true }))
    const cid = await memory.during(size, signal, read)
    journal.learn(place, etag, cid)
    return cid
  }
}

/** One content has many CIDs, by how it was cut: that two of them differ tells something only if both are one raw leaf. */
const tell = (a: string, b: string): boolean => rawDigest(a) !== undefined && rawDigest(b) !== undefined
