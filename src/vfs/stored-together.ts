import type { ChangeId, ChangeRecord, Journal } from '../journal/types.ts'
import type { Key } from './transfer/places.ts'

const MOST_REPAIRS = 64 // one after the other, until the change is reached that stored the file

/** Which places hold what one change stored in all of them, by the newest change of each: once something else is done at a place it is none of them. */
export class StoredTogether {
  readonly #journal: Journal

  constructor(journal: Journal) {
    this.#journal = journal
  }

  /** The newest change of a place, if it is such a one. */
  last(place: Key): ChangeRecord | undefined {
    const newest = this.#newest(place)
    return newest?.after && this.#whole(newest) ? newest : undefined
  }

  /** The newest change of every other place that holds the same content since. What was repaired goes on from where the repair took it. */
  others(place: Key): ChangeRecord[] {
    const cid = this.#newest(place)?.after?.cid
    if (cid === undefined) return []
    const seen = new Set<ChangeId>()
    const found: ChangeRecord[] = []
    for (let at: Key | null = place; at && seen.size < MOST_REPAIRS;) {
      const whole: ChangeRecord | undefined = this.#whole(this.#newest(at))
      if (!whole || seen.has(whole.change)) break
      seen.add(whole.change)
      found.push(...this.#journal.parts(whole.change).filter((part) => part.after?.cid === cid && this.#isNewest(part)))
      at = whole.from
    }
    return found.filter((part) => !isAt(part.place, place))
  }

  /** The change of several places that this one is a part of. */
  #whole(part: ChangeRecord | undefined): ChangeRecord | undefined {
    const whole = part?.parent ? this.#journal.get(part.parent) : undefined
    if (whole?.kind !== 'write' || !whole.partsOnly) return undefined
    return whole.state === 'done' || (whole.state === 'partial' && whole.from) ? whole : undefined // a repair that stopped half way has its parts
  }

  #isNewest(part: ChangeRecord): boolean {
    return part.state === 'done' && part.change === this.#newest(part.place)?.change
  }

  /** What a repair has put aside, and not put right, counts as it stood: its place is one where it is lost. */
  #newest(place: Key, before?: number): ChangeRecord | undefined {
    const [last] = this.#journal.history({ place, parts: true, states: ['done', 'in_doubt', 'partial'], before, limit: 1 })
    const half = last && this.#halfRepair(last)
    return half ? this.#newest(place, half.seq) : last
  }

  #halfRepair({ kind, parent }: ChangeRecord): ChangeRecord | undefined {
    const whole = kind === 'remove' && parent ? this.#journal.get(parent) : undefined
    return whole?.kind === 'write' && whole.partsOnly && whole.from && whole.state !== 'done' ? whole : undefined
  }
}

const isAt = (a: Key, b: Key): boolean => a.volume === b.volume && a.inner === b.inner
