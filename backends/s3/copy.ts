import type { Bucket, Put, Source } from './bucket.ts'

const ONE_REQUEST = 5 * 2 ** 30 // bytes; the most that CopyObject takes
const PART = 2 ** 30
const AT_ONCE = 4

/** Inside the storage, whatever the size. Not mapped: the caller tells a lost answer from a refusal. */
export async function copyObject(bucket: Bucket, from: Source, to: string, size: number, options: Put): Promise<string> {
  if (size <= ONE_REQUEST) return bucket.copy(from, to, options)
  const upload = await bucket.begin(to, options.change, options)
  try {
    const count = Math.ceil(size / PART)
    const parts = []
    for (let first = 0; first < count; first += AT_ONCE) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, i) => first + i)
      const range = (i: number): string => `bytes=${i * PART}-${Math.min(size, (i + 1) * PART) - 1}`
      parts.push(...(await Promise.all(numbers.map((i) => bucket.copyPart(to, upload, i + 1, { ...options, from, range: range(i) })))))
    }
    return await bucket.complete(to, upload, parts, { ifNoneMatch: options.ifNoneMatch, signal: options.signal })
  } catch (error) {
    await bucket.abort(to, upload)
    throw error
  }
}
