import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { type Facts, sameContentTime } from './facts.ts'

/** Content up to here gets its etag from its bytes while its times cannot be trusted; for more we wait until they can. */
const HASHED = 1024 * 1024
const REMEMBERED = 10_000
const MILLISECOND = 1_000_000n
const SECOND = 1_000_000_000n
const TICK = 20n * MILLISECOND // the kernel's coarse clock ticks every 10 ms at most
const SECONDS = 2n * SECOND // file systems that store whole seconds, or every second one
const PATIENCE = 5

interface Form {
  readonly letter: 's' | 'k'
  /** The time that every change of the content moves. */
  readonly time: 'ctime' | 'mtime'
  /** Content up to here may be told by its bytes. */
  readonly hashed: number
}

const SERVED: Form = { letter: 's', time: 'ctime', hashed: HASHED }

/**
 * `k…`: of what is kept in the trash. A kept file is a link to what is served, so its ctime moves when the served name
 * goes; and nobody can name it to set its mtime back.
 */
export const KEPT: Form = { letter: 'k', time: 'mtime', hashed: 0 }

/** The whole content, or undefined if it may not be read. */
type Read = (size: number) => Uint8Array | undefined

interface Told {
  readonly facts: Facts
  readonly etag: string
}

interface Known {
  readonly facts: Facts
  readonly content: string
}

/**
 * Two forms of etag. `s…` stands for (inode, size, mtime, ctime), and is given once ctime is older than a clock tick:
 * any later change must move it. `h…` stands for the content, and is given to a file so young that it could change again
 * without a trace. The device is left out: where everything else is equal, so is the content (a mount by another
 * number, a snapshot), and device numbers change when a machine starts.
 */
export class Etags {
  readonly #form: Form
  /** By `s` etag: what a later look compares with if only ctime has moved (chmod, link, rename). */
  readonly #known = new LRUCache<string, Known>({ maxSize: REMEMBERED, sizeCalculation: () => 1 })
  /** From an `s` etag to the one that the same content has got by a link or rename of ours. */
  readonly #heirs = new LRUCache<string, string>({ maxSize: REMEMBERED, sizeCalculation: () => 1 })

  constructor(form: Form = SERVED) {
    this.#form = form
  }

  /** For what has no times of its own that matter, and for a file that is old enough; else undefined. */
  quick(facts: Facts): string | undefined {
    if (facts.kind === 'directory') return digest('d', `${facts.ino}.${facts.birth}`)
    return facts.kind === 'file' && young(facts, facts[this.#form.time]) ? undefined : this.#settled(facts)
  }

  /** The etag of a file and the facts that it belongs to. */
  async of(look: () => Facts, read: Read, signal?: AbortSignal): Promise<Told> {
    for (let tries = 1; ; tries++) {
      const facts = look()
      const etag = this.quick(facts)
      if (etag !== undefined) return { facts, etag }
      const content = facts.size <= this.#form.hashed ? read(facts.size) : undefined
      if (content) return { facts, etag: contentEtag(content) }
      // Written to all the time: its size or times will tell the next change, as well as they can.
      if (tries === PATIENCE) return { facts, etag: this.#settled(facts) }
      await ageing(facts, facts[this.#form.time], signal)
    }
  }

  /** True if these facts, or this content where facts cannot tell, are what the etag was given for. Does not await. */
  matches(etag: string, facts: Facts, read: Read): boolean {
    if (facts.kind !== 'file') return this.quick(facts) === etag
    if (etag.startsWith('h')) return facts.size <= this.#form.hashed && sameContent(read(facts.size), etag)
    if (etag.startsWith(KEPT.letter)) return settled(KEPT, facts) === etag // the served file is the one that is kept
    return this.#settled(facts) === etag || this.#onlyTouched(facts, etag, read)
  }

  /** The etag of a file whose whole content was read just now; that is remembered for the day when only its ctime has moved. */
  seen(facts: Facts, content: Uint8Array): string {
    const [settled, own] = [this.#settled(facts), contentEtag(content)]
    this.#known.set(settled, { facts, content: own })
    return content.length <= this.#form.hashed && young(facts, facts[this.#form.time]) ? own : settled
  }

  /** We have linked or renamed the file ourselves: etags of before hold on. */
  carry(before: Facts, after: Facts): void {
    if (before.kind === 'file' && sameContentTime(before, after)) this.#heirs.set(this.#settled(before), this.#settled(after))
  }

  #settled(facts: Facts): string {
    return settled(this.#form, facts)
  }

  #onlyTouched(facts: Facts, etag: string, read: Read): boolean {
    const now = this.#settled(facts)
    for (let heir = this.#heirs.get(etag); heir !== undefined; heir = this.#heirs.get(heir)) if (heir === now) return true
    const known = this.#known.get(etag)
    return known !== undefined && sameContentTime(known.facts, facts) && sameContent(read(facts.size), known.content)
  }
}

const settled = ({ letter, time }: Form, facts: Facts): string =>
  digest(letter, `${facts.ino}.${facts.size}.${facts.mtime}.${time === 'ctime' ? facts.ctime : ''}`)

const sameContent = (content: Uint8Array | undefined, etag: string): boolean => content !== undefined && contentEtag(content) === etag

const contentEtag = (content: Uint8Array): string => digest('h', content)

const digest = (form: string, of: string | Uint8Array): string => form + hash('sha256', of, 'base64url').slice(0, 11)

/** Changed so lately that the next change could get the same time. */
export function young(facts: Facts, time = facts.ctime): boolean {
  const age = now() - time
  // A time far ahead of ours comes from another clock, about which nothing can be said.
  return age < tick(facts) && age > -SECONDS
}

const tick = ({ mtime, ctime }: Facts): bigint => (mtime % SECOND === 0n && ctime % SECOND === 0n ? SECONDS : TICK)

const now = (): bigint => BigInt(Date.now()) * MILLISECOND

/** Waits until times of this age can be trusted. */
async function ageing(facts: Facts, time: bigint, signal?: AbortSignal): Promise<void> {
  const rest = Number((time + tick(facts) - now()) / MILLISECOND) + 1
  await sleep(Math.max(rest, 1), undefined, signal ? { signal } : {})
}
