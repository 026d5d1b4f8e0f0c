import type { Guard } from '../../content/blocks/guards.ts'
import { VfsError } from '../../core/error.ts'
import type { BringCall, Pin, PinOptions, PinQuery, Pins } from '../types.ts'
import type { EmbeddedBlocks } from './blocks.ts'
import { chosen } from '../pinned.ts'
import type { NodeState } from './state.ts'

/** Brings everything below a CID (or, not recursive, its own block) to this machine, where it stays as long as the guard is open. */
export type Complete = (cid: string, recursive: boolean, guard: Guard, call: BringCall) => Promise<void>

export interface PinParts {
  readonly state: NodeState
  readonly blocks: EmbeddedBlocks
  readonly guard: (cid: string) => Promise<Guard>
  readonly complete: Complete
  readonly announce: (cid: string) => void
}

export class EmbeddedPins implements Pins {
  readonly #parts: PinParts

  constructor(parts: PinParts) {
    this.#parts = parts
  }

  async add(cid: string, { name, recursive = true, whole = false, ...call }: PinOptions = {}): Promise<void> {
    const { state, complete, announce } = this.#parts
    await using guard = await this.#parts.guard(cid)
    if (!whole) await complete(cid, recursive, guard, call)
    if (!(await state.pin({ cid, type: recursive ? 'recursive' : 'direct', name: name ?? null })))
      throw new VfsError('ALREADY_EXISTS', `${cid} is pinned with all below it`, { hint: 'Remove that pin first, if its own block alone should stay.' })
    announce(cid)
  }

  async remove(cid: string): Promise<void> {
    if (!(await this.#parts.state.unpin(cid))) throw notPinned(cid)
  }

  async update(from: string, to: string, { unpin = true, ...call }: BringCall & { readonly unpin?: boolean | undefined } = {}): Promise<void> {
    const { state, complete, announce } = this.#parts
    if (!(await state.isPinned(from))) throw notPinned(from, 'with all below it') // before the new one is fetched
    await using guard = await this.#parts.guard(to)
    await complete(to, true, guard, call)
    if (!(await state.movePin(from, to, unpin))) throw notPinned(from, 'with all below it')
    announce(to)
  }

  async *list(query: PinQuery = {}): AsyncGenerator<Pin> {
    const { state, blocks } = this.#parts
    yield* chosen({ found: (cid) => blocks.found(cid), made: await state.pins(), signal: query.signal }, query)
  }
}

const notPinned = (cid: string, how = ''): VfsError => new VfsError('NOT_PINNED', `${cid} is not pinned ${how}`.trim())
