import { setTimeout as sleep } from 'node:timers/promises'
import { isCode, VfsError } from '../../core/error.ts'
import type { TreeRoot } from './types.ts'

/** For rivals to withdraw. */
const PATIENCE_MS = 15_000
const LOOK_MS = 50

/** The place where others find a tree. */
export interface Publisher {
  /**
   * Makes `root` and all below it durable there, and known as what stands there now. Rejects CONFLICT if that is no longer `previous`,
   * and has published nothing then. What fails leaves `previous` as it was.
   */
  publish(root: string, previous: string | undefined): Promise<void>
  /** Roots by others that stand there beside these. Rejects CONFLICT if one of them has replaced `previous`. */
  rivals(root: string, previous: string | undefined): Promise<readonly string[]>
  /** A root that is not to stand there: somebody else was faster here, or its publication failed half way. Never rejects. */
  withdraw(root: string): Promise<void>
  /** The root is ours now, and `previous` is history. Never rejects: what is left undone is done when the tree is opened again. */
  settle(root: string, previous: string | undefined): Promise<void>
}

/**
 * The root of a tree that is published before it counts: a caller who is told of success finds it there. If this process
 * dies in between, the root here says what holds, and what was published beside it is history when the tree is opened again.
 */
export function publishedRoot(own: TreeRoot, publisher: Publisher): TreeRoot {
  const withdraw = async (root: string): Promise<void> => {
    if ((await own.root()) !== root) await publisher.withdraw(root)
  }
  const publish = async (to: string, from: string | undefined): Promise<void> => {
    await publisher.publish(to, from).catch(async (error: unknown) => {
      if (!isCode(error, 'CONFLICT')) await withdraw(to)
      throw error
    })
    await uncontested(publisher, to, from).catch(async (error: unknown) => {
      await withdraw(to)
      throw error
    })
  }
  return {
    root: () => own.root(),
    swap: async (from, to) => {
      if ((await own.root()) !== from) return false
      if (from === to) return true
      try {
        await publish(to, from)
      } catch (error) {
        if (isCode(error, 'CONFLICT') && (await own.root()) !== from) return false // it was another process of ours
        throw error
      }
      const ours = await own.swap(from, to)
      if (ours) await publisher.settle(to, from)
      else await withdraw(to)
      return ours
    },
  }
}

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
