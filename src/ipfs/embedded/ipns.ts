import { createIPNSRecord, IPNSEntry, ipnsSelector, ipnsValidator, multihashToIPNSRoutingKey } from '@helia/ipns'
import { ed25519Crypto, rsaCrypto } from '@ipshipyard/crypto'
import { privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { base36 } from 'multiformats/bases/base36'
import { CID } from 'multiformats/cid'
import { VfsError } from '../../core/error.ts'
import type { Signed } from '../network-types.ts'
import { signedBy } from '../record.ts'
import type { Records } from './libp2p.ts'
import { secp256k1Crypto } from './secp256k1.ts'

/** Reads public keys; no private one is in it. */
type Keychain = Parameters<typeof ipnsValidator>[2]

export const idOf = (key: PrivateKey): string => key.publicKey.toCID().toString(base36)

/** Where the network keeps the record of a name. */
export const routingKey = (id: string): Uint8Array => multihashToIPNSRoutingKey(CID.parse(id, base36).multihash)

export async function sign(key: PrivateKey, { value, sequence, expires, ttl }: Signed): Promise<Uint8Array> {
  const now = Date.now()
  return IPNSEntry.encode(await createIPNSRecord(await signer(key), value, sequence, expires - now, { now, ttlNs: BigInt(ttl) * 1_000_000n }))
}

/** The same key as the library of names has keys. */
async function signer(key: PrivateKey) {
  const kinds = { Ed25519: ed25519Crypto, RSA: rsaCrypto, secp256k1: secp256k1Crypto, ECDSA: undefined } // its signatures by libraries of JavaScript nobody else believes
  const kind = kinds[key.type]
  if (!kind) throw new VfsError('UNSUPPORTED', `a key of type ${key.type} cannot sign a name`, { hint: 'Use a key of type Ed25519.' })
  return kind().privateKeyFromProtobuf(privateKeyToProtobuf(key))
}

/** Rejects what is not signed by the key of the name, or has expired. */
export async function verified(id: string, record: Uint8Array, keychain: Keychain): Promise<Signed> {
  return signedBy(await ipnsValidator(routingKey(id), record, keychain))
}

/** How the hash table checks and chooses IPNS records. */
export const recordsOf = (keychain: Keychain): Records => ({
  validate: async (key, value, options) => void (await ipnsValidator(key, value, keychain, options)),
  select: (key, values) =>
    ipnsSelector(
      key,
      values.map((value) => IPNSEntry.decode(value)),
    ),
})
