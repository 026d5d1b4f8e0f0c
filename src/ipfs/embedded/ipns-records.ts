import { IPNSEntry, ipnsSelector, ipnsValidator } from '@helia/ipns'
import type { Records } from './libp2p.ts'

type Keychain = Parameters<typeof ipnsValidator>[2]

/** How the hash table checks and chooses IPNS records. The keychain only reads public keys. */
export const ipnsRecords = (keychain: Keychain): Records => ({
  validate: async (key, value, options) => void (await ipnsValidator(key, value, keychain, options)),
  select: (key, values) =>
    ipnsSelector(
      key,
      values.map((value) => IPNSEntry.decode(value)),
    ),
})
