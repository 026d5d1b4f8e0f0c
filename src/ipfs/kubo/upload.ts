import { once } from 'node:events'
import { varint } from 'multiformats'
import { z } from 'zod'
import type { Call } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'
import type { Sink } from '../../content/unixfs/index.ts'
import { Form } from './form.ts'
import type { Rpc } from './rpc.ts'

const HELD_BYTES = 4 << 20

/** `{ roots: [], version: 1 }` in dag-cbor, behind its length: the head of a CAR that names no root. */
const CAR_HEAD = Buffer.from('11a265726f6f7473806776657273696f6e01', 'hex')

const Answer = z.object({ Stats: z.object({ BlockCount: z.number() }).optional() })

type Block = Parameters<Sink['save']>[0]
type Spares = NonNullable<Parameters<Sink['save']>[1]>

/**
 * Blocks on their way into the daemon, all of one import as one streamed CAR. `commit` resolves once Kubo has counted as
 * many as were saved; without it they stay unpinned, if they came at all.
 */
export class Upload implements Sink, Disposable {
  readonly #rpc: Rpc
  readonly #call: Call
  readonly #form = new Form(HELD_BYTES)
  #answer: Promise<number> | undefined
  #count = 0

  constructor(rpc: Rpc, call: Call) {
    this.#rpc = rpc
    this.#call = call
    this.#form.stream.on('error', () => {}) // the call tells it
  }

  readonly save = async ({ cid, block }: Block, spares?: Spares): Promise<void> => {
    if (!this.#answer) this.#begin()
    const name = cid.bytes
    this.#count++
    await this.#write(Buffer.concat([lengthOf(name.length + block.length), name]), spares?.released(block) ?? block)
  }

  async commit(): Promise<void> {
    if (!this.#answer) return
    this.#form.stream.end(this.#form.tail)
    const count = await this.#answer
    if (count !== this.#count) throw new VfsError('IO_ERROR', `Kubo took ${count} of ${this.#count} blocks`, { op: 'add' })
  }

  [Symbol.dispose](): void {
    if (!this.#form.stream.writableFinished) this.#form.stream.destroy(new Error('the import was given up'))
  }

  #begin(): void {
    this.#answer = this.#send()
    this.#answer.catch(() => {}) // told by the next save or by commit
    this.#form.stream.write(this.#form.head)
    this.#form.stream.write(CAR_HEAD)
  }

  async #send(): Promise<number> {
    const query = { 'pin-roots': false, 'fast-provide-root': false, stats: true }
    let count = 0
    for await (const { Stats } of this.#rpc.lines('dag/import', query, Answer, { ...this.#call, body: this.#form })) count = Stats?.BlockCount ?? count
    return count
  }

  /** One behind the other, with nothing between them: several blocks may be saved at the same time. */
  async #write(...parts: readonly Uint8Array[]): Promise<void> {
    if (this.#form.stream.destroyed) await this.#answer
    const taken = parts.map((part) => this.#form.stream.write(part))
    if (taken.at(-1) !== false) return
    try {
      await Promise.race([once(this.#form.stream, 'drain'), this.#answer])
    } catch (error) {
      await this.#answer // which says it better
      throw error
    }
  }
}

/** Resolves once the daemon is in no collection: an import that may pin waits for its end, also if it brings nothing. */
export async function noCollection(rpc: Rpc, call: Call): Promise<void> {
  const form = new Form()
  form.stream.end(Buffer.concat([Buffer.from(form.head), CAR_HEAD, Buffer.from(form.tail)]))
  for await (const _ of rpc.lines('dag/import', { 'pin-roots': true, 'fast-provide-root': false }, Answer, { ...call, body: form })) continue
}

const lengthOf = (bytes: number): Uint8Array => varint.encodeTo(bytes, new Uint8Array(varint.encodingLength(bytes)))
