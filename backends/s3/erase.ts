import type { Call } from '../../src/core/backend.ts'
import { isUnclear } from '../../src/core/effect.ts'
import { throwIfAborted } from '../../src/core/error.ts'
import type { Bucket } from './bucket.ts'

const AT_ONCE = 16 // requests

/** What XML cannot hold. */
// oxlint-disable-next-line no-control-regex -- these are meant
const UNSPEAKABLE = /[\u0000-\u001F\uFFFE\uFFFF]|\p{Surrogate}/u

/**
 * Removes a page of keys for good, together where the server can: not every one knows how, and what it refuses is asked for one by one, which tells why. Only
 * where no change keeps any of them: a removal that does puts each aside by itself, and takes away only what it has put there (journal.md, 14).
 */
export async function erase(bucket: Bucket, keys: readonly string[], { signal, going }: Call): Promise<void> {
  throwIfAborted(signal, 'remove')
  const together = keys.filter((key) => !UNSPEAKABLE.test(key))
  const done = together.length > 1 && (await areGone(bucket, together))
  const alone = done ? keys.filter((key) => UNSPEAKABLE.test(key)) : keys
  for (let i = 0; i < alone.length; i += AT_ONCE) {
    throwIfAborted(signal, 'remove')
    await Promise.all(alone.slice(i, i + AT_ONCE).map((key) => bucket.delete(key)))
    going?.()
  }
  going?.()
}

async function areGone(bucket: Bucket, keys: readonly string[]): Promise<boolean> {
  try {
    await bucket.deleteAll(keys)
    return true
  } catch (error) {
    if (isUnclear(error)) throw error
    return false
  }
}
