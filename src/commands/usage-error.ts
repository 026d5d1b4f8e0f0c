/** The command line cannot be understood; nothing was done. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
