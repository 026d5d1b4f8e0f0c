import { randomUUID } from 'node:crypto'
import { PassThrough } from 'node:stream'

/** The one file of a multipart form, which is how the RPC takes content: `head`, the bytes, `tail`. */
export class Form {
  readonly stream: PassThrough
  readonly type: string
  readonly head: string
  readonly tail: string

  constructor(highWaterMark?: number) {
    const boundary = randomUUID()
    this.stream = new PassThrough(highWaterMark === undefined ? {} : { highWaterMark })
    this.type = `multipart/form-data; boundary=${boundary}`
    this.head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="file"\r\ncontent-type: application/octet-stream\r\n\r\n`
    this.tail = `\r\n--${boundary}--\r\n`
  }
}
