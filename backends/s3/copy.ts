import type { CompletedPart } from '@aws-sdk/client-s3'
import { begin } from './begin.ts'
import type { Bucket, Put } from './bucket.ts'
import type { Source } from './requests.ts'
import { giveUp } from './upload.ts'

export const ONE_REQUEST = 5 * 2 ** 30 // bytes; the most that CopyObject takes
const PART = 128 * 2 ** 20 // a server must copy four of them before it is taken for dead
const MOST_PARTS = 10_000
const AT_ONCE = 4

/** `byEnd`: the server keeps no condition for a copy, but one for the end of an upload, which what takes it long to copy is made by. */
interface Copying extends Put {
  readonly byEnd?: boolean | undefined
}

/** Inside the storage, whatever the size. Not mapped: the caller tells a lost answer from a refusal. */
export function copyObject(bucket: Bucket, from: Source, to: string, size: number, { byEnd, ifNoneMatch, ...options }: Copying): Promise<string> {
  if (size <= (byEnd ? PART : ONE_REQUEST)) return bucket.copy(from, to, { ...options, ...(!byEnd && { ifNoneMatch }) })
  return copyInParts(bucket, from, to, { size, part: Math.max(PART, Math.ceil(size / MOST_PARTS)) }, { ...options, ifNoneMatch })
}

interface Sizes {
  readonly size: number
  readonly part: number
}

/** The same for what one request does not take. If it fails, nothing is left over. */
export async function copyInParts(bucket: Bucket, from: Source, to: string, sizes: Sizes, options: Put): Promise<string> {
  const upload = await begin(bucket, to, options.change, { ...options, isCopy: true })
  try {
    await options.staging?.(upload)
    const parts: CompletedPart[] = []
    for (const ranges of batches(sizes)) {
      const copies = ranges.map((range, i) => bucket.multipart.copyPart(to, upload, parts.length + i + 1, { ...options, from, range }))
      await Promise.allSettled(copies) // a part that is still on its way would outlive the end of the upload
      parts.push(...(await Promise.all(copies)))
      options.going?.()
    }
    return await bucket.multipart.complete(to, upload, parts, { ifNoneMatch: options.ifNoneMatch, signal: options.signal })
  } catch (error) {
    await giveUp(bucket, to, upload)
    throw error
  }
}

function* batches({ size, part }: Sizes): Generator<string[]> {
  const starts = Array.from({ length: Math.ceil(size / part) }, (_, i) => i * part)
  const ranges = starts.map((start) => `bytes=${start}-${Math.min(size, start + part) - 1}`)
  for (let first = 0; first < ranges.length; first += AT_ONCE) yield ranges.slice(first, first + AT_ONCE)
}
