import { z } from 'zod'
import type { Call } from '../../core/backend.ts'
import { isCode, VfsError } from '../../core/error.ts'
import { chosen } from '../pinned.ts'
import type { BringCall, Pin, PinOptions, PinQuery, Pins } from '../types.ts'
import type { KuboBlocks } from './blocks.ts'
import { KEPT } from '../pinned.ts'
import { KuboPinning, type PinningParts } from './pinning.ts'
import type { KuboRemaking } from './remaking.ts'
import type { Rpc } from './rpc.ts'

const Listed = z.object({ Cid: z.string(), Name: z.string().optional() })

export class KuboPins implements Pins {
  readonly #rpc: Rpc
  readonly #blocks: KuboBlocks
  readonly #remaking: KuboRemaking
  readonly #pinning: KuboPinning

  constructor(parts: PinningParts) {
    this.#rpc = parts.rpc
    this.#blocks = parts.blocks
    this.#remaking = parts.remaking
    this.#pinning = new KuboPinning(parts)
  }

  async add(cid: string, { name, recursive = true, ...call }: PinOptions = {}): Promise<void> {
    const known = await this.#made(call, cid)
    if (!recursive && known?.type === 'recursive') throw new VfsError('ALREADY_EXISTS', `${cid} is pinned with all below it`, { hint: REMOVE_FIRST })
    await this.#pinning.make({ cid, type: recursive ? 'recursive' : 'direct', name: name ?? known?.name ?? null }, known, call)
  }

  async remove(cid: string, call: Call = {}): Promise<void> {
    const known = await this.#made(call, cid)
    if (!(await this.#remaking.forget(cid)) && !known) throw new VfsError('NOT_PINNED', `${cid} is not pinned`)
    if (known) await this.#rpc.call('pin/rm', call, (kubo, options) => kubo.pin.rm(cid, options))
  }

  /** The new one first: a crash in between leaves both. */
  async update(from: string, to: string, { unpin = true, ...call }: BringCall & { readonly unpin?: boolean | undefined } = {}): Promise<void> {
    const old = await this.#made(call, from)
    if (old?.type !== 'recursive') throw new VfsError('NOT_PINNED', `${from} is not pinned with all below it`)
    if (from === to) return
    const known = await this.#made(call, to)
    await this.#pinning.make({ cid: to, type: 'recursive', name: known?.name ?? (unpin ? old.name : null) }, known, call)
    if (unpin) await this.remove(from, call)
  }

  async *list(query: PinQuery = {}): AsyncGenerator<Pin> {
    const { signal } = query
    await this.#finish({ signal })
    const made = await Array.fromAsync(this.#all({ signal }))
    const found = (...[cid, call]: Parameters<KuboBlocks['found']>): Promise<Uint8Array | undefined> => this.#blocks.found(cid, call)
    yield* chosen({ found, made: made.toSorted(byCid), signal }, query)
  }

  async #made(call: Call, cid: string): Promise<Pin | undefined> {
    await this.#finish(call)
    return this.#known(call, cid)
  }

  async #finish(call: Call): Promise<void> {
    await this.#pinning.finish(async (cid) => (await this.#known(call, cid)) !== undefined)
  }

  async #known(call: Call, cid: string): Promise<Pin | undefined> {
    try {
      for await (const pin of this.#all(call, cid)) return pin
    } catch (error) {
      if (!isCode(error, 'NOT_PINNED')) throw error
    }
    return undefined
  }

  /** What people have pinned. */
  async *#all(call: Call, cid?: string): AsyncGenerator<Pin> {
    for await (const pin of everyPin(this.#rpc, call)) if (pin.name !== KEPT && (cid === undefined || cid === pin.cid)) yield pin
  }
}

/** Those that hold what we keep too. */
export async function* everyPin(rpc: Rpc, call: Call): AsyncGenerator<Pin> {
  for (const type of ['recursive', 'direct'] as const)
    for await (const { Cid, Name } of rpc.lines('pin/ls', { type, names: true, stream: true }, Listed, call))
      yield { cid: Cid, type, name: Name === undefined || Name === '' ? null : Name }
}

const REMOVE_FIRST = 'Remove that pin first, if its own block alone should stay.'

const byCid = (a: Pin, b: Pin): number => (a.cid < b.cid ? -1 : 1)
