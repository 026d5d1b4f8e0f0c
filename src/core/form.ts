import { randomUUID } from 'node:crypto'

/** One file as a multipart form, which is how the APIs of the IPFS family and of rclone take content: `head`, the bytes, `tail`. */
export interface Form {
  readonly type: string
  readonly head: string
  readonly tail: string
}

export function newForm(name = 'file'): Form {
  const boundary = randomUUID()
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    head: `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
    tail: `\r\n--${boundary}--\r\n`,
  }
}
