import type { Crypto, PrivateKey, PublicKey } from '@ipshipyard/crypto'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf, publicKeyFromProtobuf, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey as PeerKey, PublicKey as PublicPeerKey } from '@libp2p/interface'
import { VfsError } from '../../core/error.ts'

const KIND = { type: 'secp256k1', code: 2 } as const

/** Keys of a type that Kubo makes and the library of names has not: those of peers, which are the same, do the work. */
export const secp256k1Crypto = (): Crypto => ({
  ...KIND,
  generatePrivateKey: async () => privateOf(await generateKeyPair('secp256k1')),
  publicKeyFromProtobuf: (bytes) => publicOf(publicKeyFromProtobuf(bytes)),
  privateKeyFromProtobuf: (bytes) => privateOf(privateKeyFromProtobuf(bytes)),
})

const privateOf = (key: PeerKey): PrivateKey => ({
  ...KIND,
  publicKey: publicOf(key.publicKey),
  toProtobuf: () => Uint8Array.from(privateKeyToProtobuf(key)),
  toJWK: noJwk,
  sign: async (message, options) => Uint8Array.from(await key.sign(message, options)),
})

const publicOf = (key: PublicPeerKey): PublicKey => ({
  ...KIND,
  toMultihash: () => key.toMultihash(),
  toCID: () => key.toCID(),
  toProtobuf: () => Uint8Array.from(publicKeyToProtobuf(key)),
  toJWK: noJwk,
  verify: (message, signature, options) => key.verify(message, signature, options),
})

function noJwk(): never {
  throw new VfsError('UNSUPPORTED', 'a key of type secp256k1 is written in no other way')
}
