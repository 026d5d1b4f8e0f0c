import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Call } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'
import { Hold } from '../../sqlite/hold.ts'
import type { Pin } from '../types.ts'
import type { KuboKeeps } from './keeps.ts'
import type { KuboStore } from './store.ts'

const PATIENCE_MS = 30_000

/** Held by whoever makes a pin again: what is written down while nobody does was left by one that died, or failed. */
const REMAKING = 'kubo-remaking'

export interface RemakingParts {
  /** The data folder. */
  readonly folder: string
  readonly store: Pick<KuboStore, 'remaking' | 'setRemaking' | 'endRemaking'>
  readonly keeps: Pick<KuboKeeps, 'get' | 'set' | 'remove'>
}

/** Has Kubo make the pin; without a caller, who could cancel it. */
type Make = (pin: Pin) => Promise<void>

/**
 * Kubo takes a pin away before it makes it anew with another name or kind, and walks through all below in between. So the pin that is
 * wanted is written down first, and its content is kept meanwhile: where Kubo or we die there it is made by the next call about pins.
 */
export class KuboRemaking {
  readonly #run: string
  readonly #parts: RemakingParts

  constructor(parts: RemakingParts) {
    this.#run = join(parts.folder, 'run')
    this.#parts = parts
  }

  /** Rejects BUSY where another pin takes longer than a caller can wait. */
  async make(pin: Pin, make: Make, { signal }: Call): Promise<void> {
    const { store, keeps } = this.#parts
    mkdirSync(this.#run, { recursive: true, mode: 0o700 })
    using hold = await Hold.soon(this.#run, REMAKING, { patienceMs: PATIENCE_MS, signal, op: 'pin' })
    if (!hold) throw new VfsError('BUSY', 'another pin is made again', { hint: 'Repeat the call later.' })
    if ((await keeps.get(idOf(pin.cid))) === undefined) await keeps.set(idOf(pin.cid), pin.cid, { signal })
    await store.setRemaking(pin)
    await make(pin)
    await this.forget(pin.cid)
  }

  /** What was left: the pins that `isMade` tells false of are made. One that cannot be stays for the next time. */
  async finish(isMade: (cid: string) => Promise<boolean>, make: Make): Promise<void> {
    const left = await this.#parts.store.remaking()
    using hold = left.length > 0 ? Hold.try(this.#run, REMAKING) : undefined
    if (!hold) return
    for (const pin of left) await this.#finishOne(pin, isMade, make).catch(ofOurs)
  }

  /** Nothing of it is left to be made. True if something was. */
  async forget(cid: string): Promise<boolean> {
    await this.#parts.keeps.remove(idOf(cid))
    return this.#parts.store.endRemaking(cid)
  }

  async #finishOne(pin: Pin, isMade: (cid: string) => Promise<boolean>, make: Make): Promise<void> {
    if (!(await isMade(pin.cid))) await make(pin)
    await this.forget(pin.cid)
  }
}

/** Of what is kept for it. */
const idOf = (cid: string): string => `pin ${cid}`

/** Nothing is lost by it: whoever asks for the pin itself is told. */
function ofOurs(error: unknown): void {
  if (!(error instanceof VfsError)) throw error
}
