import { randomUUID } from 'node:crypto'
import type { Bytes } from '../core/backend.ts'

/** One file as a multipart form, which is how the cluster takes content. */
export function formOf(content: Bytes): { readonly type: string; readonly bytes: Bytes } {
  const boundary = randomUUID()
  return { type: `multipart/form-data; boundary=${boundary}`, bytes: parts(boundary, content) }
}

async function* parts(boundary: string, content: Bytes): Bytes {
  yield Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="file"\r\ncontent-type: application/octet-stream\r\n\r\n`)
  yield* content
  yield Buffer.from(`\r\n--${boundary}--\r\n`)
}
