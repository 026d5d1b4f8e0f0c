import { keyOf, Way } from '../content/dag/index.ts'
import { inlined } from '../content/unixfs/codec.ts'
import type { Call } from '../core/backend.ts'
import { throwIfAborted } from '../core/error.ts'
import { firstStep, type Step, stepsBelow } from './steps.ts'
import type { Delivery, Found, Source, Wanted } from './types.ts'

/** A step on the way, and its block once that is being fetched. */
interface Ahead extends Step {
  loading?: Promise<Delivery> | undefined
}

/**
 * What is wanted, depth first, each block once. Only blocks that a verified one names are asked for, so that nothing else
 * comes through, and what is not there is missed.
 */
export async function* walkOf(source: Source, wanted: Wanted, onBlock: (delivery: Delivery) => void, call: Call): AsyncGenerator<Found> {
  const seen = new Seen()
  const load = (step: Step): Promise<Delivery> => {
    seen.begin(step)
    return source.get(step.cid, call)
  }
  const way = new Way<Ahead, Delivery>({ load, worth: (step) => !inlined(step.cid) && seen.isNew(step), ahead: source.ahead })
  const fetched = async (step: Ahead): Promise<Uint8Array> => {
    const delivery = await way.load(step)
    onBlock(delivery)
    return delivery.bytes
  }
  way.push([firstStep(wanted)])
  for (let step = way.pop(); step; step = way.pop()) {
    throwIfAborted(call.signal, 'retrieve')
    if (seen.whole(step)) continue
    const kept = seen.kept(step)
    const bytes = kept ?? inlined(step.cid) ?? (await fetched(step))
    if (!kept) yield { cid: step.cid, bytes, onPath: step.reason.kind === 'path' }
    seen.add(step, bytes)
    way.push(await stepsBelow(step, bytes, wanted))
  }
  await source.end()
}

/**
 * Which blocks have come. Of a file in which the same node stands twice another part may be wanted the second time: nodes
 * at the edges of the wanted part, a few at each level, are kept for that.
 */
class Seen {
  readonly #whole = new Set<string>()
  readonly #edges = new Map<string, Uint8Array>()
  /** Asked for ahead of their turn. */
  readonly #begun = new Set<string>()

  begin({ cid }: Step): void {
    this.#begun.add(keyOf(cid))
  }

  isNew({ cid }: Step): boolean {
    const key = keyOf(cid)
    return !this.#begun.has(key) && !this.#whole.has(key) && !this.#edges.has(key)
  }

  /** True if nothing more can be wanted of it. */
  whole({ cid }: Step): boolean {
    return this.#whole.has(keyOf(cid))
  }

  kept({ cid }: Step): Uint8Array | undefined {
    return this.#edges.get(keyOf(cid))
  }

  add({ cid, reason }: Step, bytes: Uint8Array): void {
    const key = keyOf(cid)
    if (reason.kind === 'part') this.#edges.set(key, bytes)
    else this.#whole.add(key)
    this.#begun.delete(key)
  }
}
