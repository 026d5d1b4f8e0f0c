import type { Call } from '../../src/core/backend.ts'
import { inDoubt, isUnclear } from '../../src/core/effect.ts'
import { isCode } from '../../src/core/error.ts'
import type { Item, Rc } from './rc.ts'
import { OWN } from './view.ts'
import { type Asked, Work } from './work.ts'

/** The steps of a change, by the remote's names of places. Each has taken effect when it resolves, and rejects OUTCOME_UNKNOWN where nobody knows. */
export class Steps {
  readonly work: Work
  readonly #rc: Rc

  /** `name`: what the change is called at rclone. */
  constructor(rc: Rc, name: string) {
    this.work = new Work(rc, name)
    this.#rc = rc
  }

  async item(place: string, call: Call = {}): Promise<Item | null> {
    try {
      return (await this.#rc.call<{ item: Item | null }>('operations/stat', { remote: place }, call)).item
    } catch (error) {
      if (isCode(error, 'NOT_FOUND', 'NOT_DIRECTORY')) return null
      throw error
    }
  }

  async exists(place: string, call?: Call): Promise<boolean> {
    return (await this.item(place, call)) !== null
  }

  /** True if there was something. */
  async drop(place: string): Promise<boolean> {
    try {
      await this.work.run('operations/deletefile', { remote: place })
      return true
    } catch (error) {
      if (isCode(error, 'NOT_FOUND', 'NOT_DIRECTORY')) return false
      throw error
    }
  }

  /** What is copied when the answer is lost may be there in part. */
  copy(from: string, to: string, call?: Asked): Promise<void> {
    return this.work.surely(
      () => this.work.between('operations/copyfile', from, to, call),
      async () => false,
    )
  }

  async move(from: string, to: string, call?: Asked): Promise<void> {
    const isMoved = async (): Promise<boolean> => !(await this.exists(from)) && this.exists(to)
    try {
      await this.work.surely(() => this.work.between('operations/movefile', from, to, call), isMoved)
    } catch (refused) {
      if (isCode(refused, 'OUTCOME_UNKNOWN')) throw refused
      const moved = await isMoved().catch((cause: unknown) => Promise.reject(inDoubt(cause)))
      if (!moved) throw await this.#halfMoved(to, refused)
    }
  }

  /** Where a storage moves by a copy and a deletion, what is refused half way stands at both places. The copy goes; where that is refused too it stays, if it is out of sight. */
  async #halfMoved(to: string, refused: unknown): Promise<unknown> {
    try {
      await this.drop(to)
      return refused
    } catch (error) {
      return isUnclear(error) || !to.startsWith(`${OWN}/`) ? inDoubt(error) : refused
    }
  }
}
