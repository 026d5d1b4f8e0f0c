import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from '../../src/core/backend.ts'
import { throwIfAborted, type VfsError } from '../../src/core/error.ts'
import { fromS3 } from './errors.ts'

const TRIES = 4
const BASE_MS = 200
const LONGEST_MS = 10_000 // for a longer pause the caller decides

/** A server that says slow down has done nothing: the request is made again when it said, or after a while. The error as it came. */
export async function patiently<T>(request: () => Promise<T>, { signal }: Call): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await request()
    } catch (error) {
      const refused = fromS3(error) // not as a cancelled call: what was sent may take effect
      const pause = pauseOf(refused, attempt)
      if (refused.code !== 'RATE_LIMITED' || attempt === TRIES || pause > LONGEST_MS) throw error
      await sleep(pause, undefined, signal ? { signal } : {}).catch(() => throwIfAborted(signal))
    }
  }
}

function pauseOf({ details }: VfsError, attempt: number): number {
  const asked = details['retry_after_ms']
  return typeof asked === 'number' ? asked : BASE_MS * 2 ** attempt * (0.5 + Math.random() / 2)
}
