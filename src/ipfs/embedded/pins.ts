import type { Call } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'
import type { Pin, PinOptions, Pins } from '../types.ts'
import type { NodeState } from './state.ts'

/** Brings everything below a CID (or, not recursive, its own block) to this machine. */
export type Complete = (cid: string, recursive: boolean, call: Call) => Promise<void>

export class EmbeddedPins implements Pins {
  readonly #state: NodeState
  readonly #complete: Complete
  readonly #announce: (cid: string) => void

  constructor(state: NodeState, complete: Complete, announce: (cid: string) => void) {
    this.#state = state
    this.#complete = complete
    this.#announce = announce
  }

  async add(cid: string, { name, recursive = true, ...call }: PinOptions = {}): Promise<void> {
    await this.#complete(cid, recursive, call)
    await this.#state.pin({ cid, type: recursive ? 'recursive' : 'direct', name: name ?? null })
    this.#announce(cid)
  }

  async remove(cid: string): Promise<void> {
    if (!(await this.#state.unpin(cid))) throw new VfsError('NOT_PINNED', `${cid} is not pinned`)
  }

  async *list(): AsyncGenerator<Pin> {
    yield* await this.#state.pins()
  }
}
