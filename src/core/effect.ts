import { type ErrorContext, isCode, VfsError } from './error.ts'

// A change fails before it took effect, and then nothing was changed; or after it did, or may have. This is the boundary: what fails beyond it is
// OUTCOME_UNKNOWN, which leaves the change in doubt until somebody has looked (journal.md, 15).

type Whose = Omit<ErrorContext, 'cause'>

/** True for what a request ends in that changes something and may have done so, or may do so still. */
export const isUnclear = (error: unknown): boolean => isCode(error, 'UNAVAILABLE', 'TIMEOUT', 'CANCELLED')

export const inDoubt = (cause: unknown, whose: Whose = {}, message = 'the storage did not say whether the change took place'): VfsError =>
  new VfsError('OUTCOME_UNKNOWN', message, { ...whose, cause })

/** What is left to do once something has taken effect: that it fails is not told as if nothing had. */
export async function afterwards<T>(work: () => Promise<T>, whose?: Whose): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw inDoubt(cause, whose, `it took place, and then ${cause instanceof VfsError ? cause.message : 'something failed'}`)
  }
}

/**
 * Makes a change. Where no clear answer comes a look tells what of it took effect; the caller's signal is not for the look. Rejects OUTCOME_UNKNOWN
 * where nothing did, or not yet, or there is no looking. `unclear`: which errors are no clear answer.
 */
export async function surely<T, Found>(
  request: () => Promise<T>,
  look: () => Promise<Found | false | undefined>,
  { unclear = isUnclear, ...whose }: Whose & { readonly unclear?: (error: unknown) => boolean } = {},
): Promise<T | Found> {
  try {
    return await request()
  } catch (error) {
    if (!unclear(error)) throw error
    const found = await look().catch((cause: unknown) => Promise.reject(inDoubt(cause, whose)))
    if (found === false || found === undefined) throw inDoubt(error, whose)
    return found
  }
}
