import type { CompletedPart } from '@aws-sdk/client-s3'
import type { Bytes, Call } from '../../src/core/backend.ts'
import { inDoubt } from '../../src/core/effect.ts'
import { VfsError } from '../../src/core/error.ts'
import { begin } from './begin.ts'
import type { Bucket, Put } from './bucket.ts'
import { Share } from './share.ts'

/** What has no more goes in one request. */
export const WHOLE_BYTES = 8 << 20
/** versitygw holds no more than some 800 parts: 10 GiB are 640. */
const PART_BYTES = 16 << 20
/** Two parts are held by one upload, and by each of more than four together no more than one. */
const MEMORY = new Share(128 << 20, 32 << 20)
/** An object may have so many, of 5 GiB at most, and 5 TiB in all. */
const MOST_PARTS = 10_000
/** Parts of one size, 78 GiB: Cloudflare's R2 takes no others, but for the last. Then they double now and then, for servers that take that. */
const EQUAL_PARTS = 5000
const GROW_EVERY = 500
const MOST_GROWN = 8 // times

/** A content of unknown length on its way: its parts are there, and nothing stands at the key yet. */
export interface Upload {
  readonly id: string
  readonly size: number
  readonly parts: readonly CompletedPart[]
}

export interface UploadOptions extends Call, Pick<Put, 'about' | 'staging'> {
  /** Of each part, if somebody has named it. */
  readonly partBytes?: number | undefined
}

/** Sends a stream in parts, several at once. If the source dies or the call ends, the upload is aborted: nothing is left over. */
export async function upload(bucket: Bucket, key: string, change: string, source: Bytes, call: UploadOptions): Promise<Upload> {
  const id = await begin(bucket, key, change, call)
  const sending = new Set<Promise<void>>()
  const spare: Buffer[] = []
  const parts: CompletedPart[] = []
  let size = 0
  const send = async (body: Buffer, number: number): Promise<void> => {
    parts[number - 1] = await bucket.multipart.part(key, id, number, body, call)
    spare.push(body)
  }
  using _ = MEMORY.enter()
  try {
    await call.staging?.(id)
    let number = 0
    for await (const body of cut(source, call.partBytes, spare)) {
      size += body.length
      const sent = send(body, ++number)
      sending.add(sent)
      sent.then(
        () => sending.delete(sent),
        () => {}, // told by the race below
      )
      while (sending.size >= MEMORY.parts(body.length)) await Promise.race(sending)
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

/** At least one part, each in memory of its own or in one that is spare. Rejects FILE_TOO_LARGE. */
async function* cut(source: Bytes, named: number | undefined, spare: Buffer[]): AsyncGenerator<Buffer> {
  let part: Buffer | undefined
  let filled = 0
  let number = 0
  for await (const bytes of source) {
    for (let rest = bytes; rest.length > 0;) {
      part ??= memoryOf(named ?? partBytes(number), spare)
      const taken = rest.subarray(0, part.length - filled)
      part.set(taken, filled)
      filled += taken.length
      rest = rest.subarray(taken.length)
      if (filled < part.length) continue
      if (++number > MOST_PARTS) throw tooLarge(named)
      yield part
      part = undefined
      filled = 0
    }
  }
  if (filled > 0 || number === 0) yield (part ?? Buffer.alloc(0)).subarray(0, filled)
}

/** Parts grow, and the spare ones with them. */
function memoryOf(size: number, spare: Buffer[]): Buffer {
  const found = spare.pop()
  return found?.length === size ? found : Buffer.allocUnsafeSlow(size)
}

/** How large the part is that comes after so many, where nobody has named a size. */
export function partBytes(before: number): number {
  const grown = before < EQUAL_PARTS ? 0 : 1 + Math.floor((before - EQUAL_PARTS) / GROW_EVERY)
  return PART_BYTES * 2 ** Math.min(grown, MOST_GROWN)
}

const tooLarge = (named: number | undefined): VfsError =>
  new VfsError('FILE_TOO_LARGE', `the content has more than ${MOST_PARTS} parts${named === undefined ? '' : ` of ${named} bytes`}`, {
    backend: 's3',
    hint: 'A larger part_size of this storage takes more.',
  })
