import type { CompletedPart } from '@aws-sdk/client-s3'
import type { Bytes, Call } from '../../src/core/backend.ts'
import { inDoubt } from '../../src/core/effect.ts'
import type { Bucket, Put } from './bucket.ts'

export const PART_BYTES = 8 << 20
const IN_FLIGHT = 32 << 20 // bytes, or two parts
const GROW_FIRST = 100 // parts
/** Parts; a part may have the number 10,000 at most and 5 GiB, and an object 5 TiB. versitygw holds no more than some 800: 10 GiB are 690. */
const GROW_EVERY = 600
const MOST_GROWN = 9 // times

/** A content of unknown length on its way: its parts are there, and nothing stands at the key yet. */
export interface Upload {
  readonly id: string
  readonly size: number
  readonly parts: readonly CompletedPart[]
}

/** Sends a stream in parts, several at once. If the source dies or the call ends, the upload is aborted: nothing is left over. */
export async function upload(bucket: Bucket, key: string, change: string, source: Bytes, call: Call & Pick<Put, 'about' | 'staging'>): Promise<Upload> {
  const id = await bucket.multipart.begin(key, change, call)
  const sending = new Set<Promise<void>>()
  const parts: CompletedPart[] = []
  let size = 0
  try {
    await call.staging?.(id)
    let number = 0
    for await (const body of cut(source)) {
      size += body.length
      const at = ++number
      const send: Promise<void> = bucket.multipart.part(key, id, at, body, call).then((part) => void (parts[at - 1] = part))
      sending.add(send)
      send.then(
        () => sending.delete(send),
        () => {}, // told by the race below
      )
      if (sending.size >= Math.max(2, IN_FLIGHT / body.length)) await Promise.race(sending)
    }
    await Promise.all(sending)
    return { id, size, parts }
  } catch (error) {
    await Promise.allSettled(sending)
    await giveUp(bucket, key, id)
    throw error
  }
}

/** Ends an upload that will not be finished. Where that fails, OUTCOME_UNKNOWN leaves the end to the recovery of its change. */
export const giveUp = (bucket: Bucket, key: string, id: string): Promise<unknown> =>
  bucket.multipart.abort(key, id).catch((cause: unknown) => Promise.reject(inDoubt(cause, { backend: 's3' })))

/** Parts of equal size, which doubles now and then; at least one. */
async function* cut(source: Bytes): Bytes {
  let held: Uint8Array[] = []
  let size = 0
  let number = 0
  const wanted = (): number => partBytes(number)
  for await (const bytes of source) {
    let rest = bytes
    while (size + rest.length >= wanted()) {
      const taken = wanted() - size
      number++
      yield Buffer.concat([...held, rest.subarray(0, taken)])
      rest = rest.subarray(taken)
      held = []
      size = 0
    }
    if (rest.length > 0) held.push(rest)
    size += rest.length
  }
  if (size > 0 || number === 0) yield Buffer.concat(held)
}

/** How large the part is that comes after so many. */
export function partBytes(before: number): number {
  const grown = before < GROW_FIRST ? 0 : 1 + Math.floor((before - GROW_FIRST) / GROW_EVERY)
  return PART_BYTES * 2 ** Math.min(grown, MOST_GROWN)
}
