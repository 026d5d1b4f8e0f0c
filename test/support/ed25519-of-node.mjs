// To be imported before a program that signs and verifies by @noble/ed25519: it gets the same Ed25519 from Node's own crypto. The one
// written in JavaScript takes more than half of the time of Storacha's service.
import { createPrivateKey, createPublicKey, randomBytes, sign as signed, verify as verified } from 'node:crypto'
import { registerHooks } from 'node:module'

registerHooks({
  resolve: (name, context, next) => (name === '@noble/ed25519' ? { url: import.meta.url, shortCircuit: true } : next(name, context)),
})

const PRIVATE = Buffer.from('302e020100300506032b657004220420', 'hex')
const PUBLIC = Buffer.from('302a300506032b6570032100', 'hex')

/** Of raw keys, each of which is parsed once. */
function parsing(prefix, type, parse) {
  const known = new Map()
  return (key) => {
    const name = Buffer.from(key).toString('latin1')
    if (!known.has(name)) known.set(name, parse({ key: Buffer.concat([prefix, key]), format: 'der', type }))
    return known.get(name)
  }
}

const privateKey = parsing(PRIVATE, 'pkcs8', createPrivateKey)
const publicKey = parsing(PUBLIC, 'spki', createPublicKey)

export const utils = { randomPrivateKey: () => new Uint8Array(randomBytes(32)) }
export const getPublicKey = async (secret) =>
  new Uint8Array(createPublicKey(privateKey(secret)).export({ format: 'der', type: 'spki' }).subarray(PUBLIC.length))
export const sign = async (message, secret) => new Uint8Array(signed(null, message, privateKey(secret)))
export const verify = async (signature, message, key) => verified(null, message, publicKey(key), signature)
