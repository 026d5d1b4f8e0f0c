import { PassThrough } from 'node:stream'
import { newForm } from '../../core/form.ts'

/** A form whose bytes are written as they come. */
export class Form {
  readonly stream: PassThrough
  readonly type: string
  readonly head: string
  readonly tail: string

  constructor(highWaterMark?: number) {
    const { type, head, tail } = newForm()
    this.stream = new PassThrough(highWaterMark === undefined ? {} : { highWaterMark })
    this.type = type
    this.head = head
    this.tail = tail
  }
}
