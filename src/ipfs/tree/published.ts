import { setTimeout as sleep } from 'node:timers/promises'
import { inDoubt, isUnclear } from '../../core/effect.ts'
import { isCode, VfsError } from '../../core/error.ts'
import type { Batch } from '../../content/blocks/batch.ts'
import type { KnownRoot, TreeRoot } from './types.ts'

/** For rivals to withdraw. */
const PATIENCE_MS = 15_000
const LOOK_MS = 50

/** What this data folder has published beside the root that holds. */
export interface Left {
  readonly roots: readonly string[]
  /** Others have put something in the place of the root that holds here: one of these, if there are any. */
  readonly replaced: boolean
}

/** The place where others find a tree. */
export interface Publisher {
  /**
   * Makes `root` and all below it durable there, and known as what stands there now. Rejects CONFLICT if that is no longer `previous`,
   * and has published nothing then; OUTCOME_UNKNOWN, with its cause, where the root may be known there all the same.
   */
  publish(root: string, previous: string | undefined): Promise<void>
  /** Roots by others that stand there beside these. Rejects CONFLICT if one of them has replaced `previous`. */
  rivals(root: string, previous: string | undefined): Promise<readonly string[]>
  /** Takes back a root that is not to stand there; false if it is not there, or not yet. */
  withdraw(root: string): Promise<boolean>
  /** The root is ours now, and `previous` is history. Never rejects: what is left undone is done when the tree is opened again. */
  settle(root: string, previous: string | undefined): Promise<void>
  left(root: string | undefined): Promise<Left>
}

/**
 * The root of a tree that is published before it counts: a caller who is told of success finds it there, and one who is told of a failure
 * leaves nothing there that others could find. If this process dies in between, the root here says what holds, and what was published beside
 * it is history when the tree is opened again, or a change is settled.
 */
export class PublishedRoot implements TreeRoot {
  readonly #own: KnownRoot
  readonly #publisher: Publisher

  constructor(own: KnownRoot, publisher: Publisher) {
    this.#own = own
    this.#publisher = publisher
  }

  root(): Promise<string | undefined> {
    return this.#own.root()
  }

  async commit(batch: Batch, from: string | undefined, to: string): Promise<boolean> {
    await batch.commit() // a publisher reads the blocks
    if ((await this.root()) !== from) return false
    if (from === to) return true
    try {
      await this.#publish(to, from)
    } catch (error) {
      if (isCode(error, 'CONFLICT') && (await this.root()) !== from) return false // it was another process of ours
      throw error
    }
    const ours = await this.#own.swap(from, to)
    if (ours) await this.#publisher.settle(to, from)
    else await this.#withdraw(to)
    return ours
  }

  /** Takes back what was published in doubt and does not hold; if others have built on it, it holds. Rejects OUTCOME_UNKNOWN while neither can be. */
  async retract(): Promise<void> {
    const root = await this.root()
    const { roots, replaced } = await this.#publisher.left(root)
    if (!replaced) for (const each of roots) await this.#withdraw(each)
    else if (roots[0] === undefined || !(await this.#own.swap(root, roots[0])))
      throw mayStand(new Error('others have moved the tree: it has to be opened again'))
  }

  async #publish(to: string, from: string | undefined): Promise<void> {
    try {
      await this.#publisher.publish(to, from)
    } catch (error) {
      if (!isCode(error, 'OUTCOME_UNKNOWN')) throw error
      await this.#withdraw(to, error.cause)
      throw error.cause
    }
    await uncontested(this.#publisher, to, from).catch(async (error: unknown) => {
      await this.#withdraw(to)
      throw error
    })
  }

  /** Of a root that failed by this error; rejects OUTCOME_UNKNOWN where it stays there, or may still come. */
  async #withdraw(root: string, error?: unknown): Promise<void> {
    if ((await this.root()) === root) return
    const found = await this.#publisher.withdraw(root).catch((cause: unknown) => Promise.reject(mayStand(cause)))
    if (!found && isUnclear(error)) throw mayStand(error)
  }
}

const mayStand = (cause: unknown): VfsError => inDoubt(cause, {}, 'it may be published, though it does not hold here')

/**
 * Two that publish on one root in the same moment have both published before they look, so that one of them sees the other:
 * who sees a rival does not succeed. The one of the least root waits for the others to withdraw, who do so at once; a root
 * that stays is one that somebody else was told of.
 */
async function uncontested(publisher: Publisher, root: string, previous: string | undefined): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(LOOK_MS)) {
    const rivals = await publisher.rivals(root, previous)
    if (rivals.length === 0) return
    if (rivals.some((rival) => rival < root) || Date.now() > deadline) throw contested(root, rivals)
  }
}

const contested = (root: string, rivals: readonly string[]): VfsError =>
  new VfsError('CONFLICT', 'another data folder changes the tree in the same moment', {
    hint: 'Repeat the call; if this stays so, only a new start takes over what the other has made. Nothing published is lost: `roots` names both.',
    details: { roots: [root, ...rivals] },
  })

/** `previous` is ours no longer. `theirs`: what stands there now. */
export const moved = (what: string, previous: string, theirs: readonly string[]): VfsError =>
  new VfsError('CONFLICT', `somebody else moved ${what}`, {
    hint: 'Only a new start takes over what stands there now; what was there is not lost: `roots` names both.',
    details: { roots: [previous, ...theirs] },
  })
