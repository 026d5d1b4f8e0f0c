import { VfsError } from '../core/error.ts'
import type { Refuse } from '../core/web.ts'

export const privateAddress = (host: string): VfsError =>
  new VfsError('DENIED', `${host} is an address of this machine or of a private network, which agents may not name as a provider`, {
    hint: 'Name a public provider, or none; only a person can allow it, by lassie.private_addresses.',
  })

/** Of providers that agents name. */
export const refusing =
  (allows: (address: string) => boolean): Refuse =>
  (address, host) =>
    allows(address) ? undefined : privateAddress(host === address ? address : `${host} (${address})`)
