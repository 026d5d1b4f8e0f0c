import { createIPNSRecord, IPNSEntry, ipnsSelector, ipnsValidator, multihashToIPNSRoutingKey } from '@helia/ipns'
import { decode } from '@ipld/dag-cbor'
import { ecdsaCrypto, ed25519Crypto, rsaCrypto } from '@ipshipyard/crypto'
import { privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { base36 } from 'multiformats/bases/base36'
import { CID } from 'multiformats/cid'
import { z } from 'zod'
import { VfsError } from '../../core/error.ts'
import type { Records } from './libp2p.ts'

/** Reads public keys; no private one is in it. */
type Keychain = Parameters<typeof ipnsValidator>[2]

/** What a record says. Times are milliseconds. */
export interface Said {
  readonly value: string
  readonly sequence: number
  readonly expires: number
  readonly ttl: number
}

export const idOf = (key: PrivateKey): string => key.publicKey.toCID().toString(base36)

/** Where the network keeps the record of a name. */
export const routingKey = (id: string): Uint8Array => multihashToIPNSRoutingKey(CID.parse(id, base36).multihash)

export async function sign(key: PrivateKey, { value, sequence, expires, ttl }: Said): Promise<Uint8Array> {
  const now = Date.now()
  return IPNSEntry.encode(await createIPNSRecord(await signer(key), value, sequence, expires - now, { now, ttlNs: BigInt(ttl) * 1_000_000n }))
}

/** The same key as the library of names has keys. */
async function signer(key: PrivateKey) {
  const kinds = { Ed25519: ed25519Crypto, RSA: rsaCrypto, ECDSA: ecdsaCrypto, secp256k1: undefined }
  const kind = kinds[key.type]
  if (!kind) throw new VfsError('UNSUPPORTED', `a key of type ${key.type} cannot sign a name`, { hint: 'Use a key of type Ed25519.' })
  return kind().privateKeyFromProtobuf(privateKeyToProtobuf(key))
}

/** Rejects what is not signed by the key of the name, or has expired. */
export async function verified(id: string, record: Uint8Array, keychain: Keychain): Promise<Said> {
  const { data } = await ipnsValidator(routingKey(id), record, keychain)
  const { Value, Validity, Sequence, TTL } = Data.parse(decode(data ?? new Uint8Array()))
  return { value: textOf(Value), sequence: Number(Sequence), expires: Date.parse(textOf(Validity)), ttl: Number(TTL) / 1e6 }
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

const integer = z.union([z.number(), z.bigint()])
const Data = z.object({ Value: z.instanceof(Uint8Array), Validity: z.instanceof(Uint8Array), Sequence: integer, TTL: integer.default(0) })

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
