import { VfsError } from '../../src/core/error.ts'

/** What is left out of a listing would be taken for what is not there, and one that leads back to itself has no end. */
export const brokenOff = (why = ''): VfsError =>
  new VfsError('UNSUPPORTED', `this server breaks a listing off and leads to no more of it${why}`, { backend: 's3' })

/** Where the next page begins, by what a server says behind the one that began at `from`. Throws UNSUPPORTED if it leads nowhere. */
export function onward<Marker extends object>(from: Marker, next: Marker | undefined): Marker | undefined {
  if (next && JSON.stringify(next) === JSON.stringify(from)) throw brokenOff() // markers that are not told are left out
  return next
}
