import type { Call } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import type { Key, Names, Published, Signed } from './network-types.ts'
import { isName, parseName, parsePath } from './path.ts'
import { peerIdOf } from './peer-id.ts'

const KEY_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/

/** The one form of an IPNS name (`k51…`) for all that are in use. Rejects INVALID_CID. */
export async function canonical(name: string): Promise<string> {
  const { base36 } = await import('multiformats/bases/base36')
  try {
    return (await peerIdOf(name)).toCID().toString(base36)
  } catch (cause) {
    throw new VfsError('INVALID_CID', `${JSON.stringify(name.slice(0, 100))} is not an IPNS name`, { cause, hint: 'Send a name such as /ipns/k51….' })
  }
}

/** The path that a name is to point to. Rejects INVALID_CID. */
export async function target(path: string): Promise<string> {
  if (isName(path)) {
    const { name, names } = parseName(path)
    return ['/ipns', await canonical(name), ...checked(names)].join('/')
  }
  const { cid, names } = parsePath(path)
  const { parseCid } = await import('../content/unixfs/index.ts')
  return ['/ipfs', parseCid(cid).toV1().toString(), ...checked(names)].join('/')
}

/** Some resolvers go up at two dots, others look for a name of two dots. */
function checked(names: readonly string[]): readonly string[] {
  const dots = names.find((name) => name === '.' || name === '..')
  if (dots === undefined) return names
  throw new VfsError('INVALID_CID', `a name can point to no path with a segment ${dots}`, { hint: 'Send the path without it.' })
}

/** True for what a key may be called. */
export const isKeyName = (name: string): boolean => KEY_NAME.test(name)

/** Rejects INVALID_ARGUMENT. */
export function checkKeyName(name: string): void {
  if (!isKeyName(name)) throw new VfsError('INVALID_ARGUMENT', 'the name of a key has 1 to 64 letters, digits, dots, dashes and underscores')
}

/** Both engines follow 32 names, then no more. */
export const tooFar = (name: string): VfsError =>
  new VfsError('NAME_NOT_FOUND', `${name} leads on over more names than are followed`, { hint: 'Resolve it step by step with recursive=false.' })

export const noKey = (name: string, names: readonly string[]): VfsError =>
  new VfsError('KEY_NOT_FOUND', `the IPFS node has no key called ${JSON.stringify(name)}; there is ${names.join(', ')}`, { details: { names } })

/** Rejects KEY_NOT_FOUND. */
export async function requireKey(names: Pick<Names, 'keys'>, name: string, call: Call): Promise<Key> {
  const all = await names.keys(call)
  const key = all.find((one) => one.name === name)
  if (key) return key
  throw noKey(
    name,
    all.map((one) => one.name),
  )
}

/** As everybody chooses between two records of one name. */
const isLater = (one: Signed, other: Signed): boolean => (one.sequence - other.sequence || one.expires - other.expires) > 0

export const latest = (records: readonly (Signed | undefined)[]): Signed | undefined =>
  records.filter((one) => one !== undefined).toSorted((a, b) => (isLater(a, b) ? -1 : 1))[0]

/** `known` is what is heard of a name after it was published. Rejects CONFLICT if nobody believes that, since another one came later. */
export function requireWon({ name, value }: Published, known: readonly (Signed | undefined)[]): void {
  const won = latest(known)
  if (!won || won.value === value) return
  throw new VfsError('CONFLICT', `/ipns/${name} was published meanwhile, with the same key: it points to ${won.value}`, {
    hint: 'If it is to point elsewhere, repeat the call.',
    details: { value: won.value },
  })
}
