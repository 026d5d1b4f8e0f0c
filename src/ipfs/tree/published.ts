import { isCode } from '../../core/error.ts'
import type { TreeRoot } from './types.ts'

/** The place where others find a tree. */
export interface Publisher {
  /**
   * Makes `root` and all below it durable there, and known as what stands there now. Rejects CONFLICT if that is no longer `previous`,
   * and has published nothing then. What fails leaves `previous` as it was.
   */
  publish(root: string, previous: string | undefined): Promise<void>
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
  return {
    root: () => own.root(),
    swap: async (from, to) => {
      if ((await own.root()) !== from) return false
      if (from === to) return true
      try {
        await publisher.publish(to, from)
      } catch (error) {
        if (!isCode(error, 'CONFLICT')) await withdraw(to)
        throw error
      }
      const ours = await own.swap(from, to)
      if (ours) await publisher.settle(to, from)
      else await withdraw(to)
      return ours
    },
  }
}
