import { isCode } from '../core/error.ts'

/**
 * A look at a place of a tree that others change: what stood there may be replaced, and its blocks be collected, while it is looked at.
 * Then the look is for what stands there now; what is missing of a place that stays is missing.
 */
export async function lookAt<T>(place: () => Promise<string>, look: (at: string) => Promise<T>): Promise<T> {
  for (let at = await place(); ;) {
    try {
      return await look(at)
    } catch (error) {
      const now = isCode(error, 'OFFLINE', 'NO_PEERS', 'CONTENT_NOT_FOUND_IN_TIME') ? await place() : at
      if (now === at) throw error
      at = now
    }
  }
}
