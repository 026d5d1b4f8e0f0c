import { CID } from 'multiformats/cid'
import * as digest from 'multiformats/hashes/digest'
import { hash } from 'node:crypto'
import { type Codec, codecOf, type CodecName, CODECS } from '../../content/dag/index.ts'
import type { Call } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'
import type { DagNode, Resolved } from './resolve.ts'

export interface PutOptions extends Call {
  readonly inputCodec: CodecName
  readonly storeCodec: CodecName
  readonly hash: HashName
}

const MAX_JSON_DEPTH = 256

const HASHES = { 'sha2-256': ['sha256', 0x12], 'sha2-512': ['sha512', 0x13] } as const
export type HashName = keyof typeof HASHES

/** Stores a value that is written in one codec as a block of another. Rejects INVALID_ARGUMENT if it is not of it, or cannot be. */
export async function putValue({ blocks }: DagNode, content: Uint8Array, options: PutOptions): Promise<string> {
  const [input, store] = await Promise.all([codec(options.inputCodec), codec(options.storeCodec)])
  const value = attempt(`the content is not ${input.name}`, () => input.decode(content))
  const asItIs = input === store && store.name !== 'dag-json' // which is written in many ways; a float without fraction would become an integer elsewhere
  const bytes = asItIs ? content : attempt(`the value cannot be written as ${store.name}`, () => store.encode(value))
  const cid = cidOf(store, bytes, options.hash)
  await blocks.put(only({ cid, bytes }), options)
  return cid
}

/** A value as bytes of a codec. */
export async function encodeAs(name: CodecName, value: unknown): Promise<Uint8Array> {
  const found = await codec(name)
  return attempt(`the value cannot be written as ${name}`, () => found.encode(value))
}

/** What a path leads to as bytes of a codec: a whole block of that codec as it is, since a float without fraction would become an integer. */
export async function bytesAt({ blocks }: DagNode, { cid, remainder, value }: Required<Resolved>, name: CodecName, call: Call): Promise<Uint8Array> {
  return cid.code === CODECS[name] && remainder.length === 0 ? blocks.get(cid.toString(), call) : encodeAs(name, value)
}

/** False for a value with integers beyond 2^53, which readers of JSON round, or nested too deeply for them. */
export function fitsJson(value: unknown): boolean {
  const open = [{ value, depth: 0 }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { value: one, depth } = next
    if (typeof one === 'bigint' || depth > MAX_JSON_DEPTH) return false
    if (typeof one !== 'object' || one === null || one instanceof Uint8Array || CID.asCID(one)) continue
    for (const inner of Object.values(one)) open.push({ value: inner, depth: depth + 1 })
  }
  return true
}

/** A value that came as JSON, as dag-json. */
export const jsonBytes = (value: unknown): Uint8Array => attempt('the value cannot be read', () => Buffer.from(JSON.stringify(value)))

async function codec(name: CodecName): Promise<Codec> {
  const found = await codecOf(CODECS[name])
  if (!found) throw new VfsError('UNSUPPORTED', `there is no codec ${name}`)
  return found
}

/** Libraries throw whatever they like, a RangeError for what is nested too deeply among it. */
function attempt<T>(failure: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.slice(0, 200) : String(cause)
    throw new VfsError('INVALID_ARGUMENT', `${failure}: ${why}`, { cause })
  }
}

function cidOf({ code }: Codec, bytes: Uint8Array, name: HashName): string {
  const [algorithm, multihash] = HASHES[name]
  return CID.createV1(code, digest.create(multihash, hash(algorithm, bytes, 'buffer'))).toString()
}

async function* only<T>(item: T): AsyncGenerator<T> {
  yield item
}
