import { z } from 'zod'
import type { Call } from '../../core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../../core/error.ts'
import { chosen } from '../pinned.ts'
import type { BringCall, NetworkMode, Pin, PinOptions, PinQuery, Pins } from '../types.ts'
import type { KuboBlocks } from './blocks.ts'
import { KEPT } from './keeps.ts'
import { Patience } from '../patience.ts'
import { LOCALLY, type Rpc } from './rpc.ts'

/** Nobody has what has not come for so long. Clients give a call up after a minute, and should be told. */
const STALLED_MS = 40_000

const Listed = z.object({ Cid: z.string(), Name: z.string().optional() })
const Brought = z.object({ Progress: z.number().optional() })

interface Pinning {
  readonly arg: string
  readonly recursive: boolean
  readonly name: string | undefined
}

export class KuboPins implements Pins {
  readonly #rpc: Rpc
  readonly #blocks: KuboBlocks
  readonly #offline: boolean

  constructor(rpc: Rpc, blocks: KuboBlocks, network: NetworkMode) {
    this.#rpc = rpc
    this.#blocks = blocks
    this.#offline = network === 'off'
  }

  async add(cid: string, { name, recursive = true, whole = false, ...call }: PinOptions = {}): Promise<void> {
    const known = await this.#made(call, cid)
    if (!recursive && known?.type === 'recursive') throw new VfsError('ALREADY_EXISTS', `${cid} is pinned with all below it`, { hint: REMOVE_FIRST })
    await this.#pin({ arg: cid, recursive, name: name ?? known?.name ?? undefined }, whole, call)
  }

  async remove(cid: string, call: Call = {}): Promise<void> {
    await this.#rpc.call('pin/rm', call, (kubo, options) => kubo.pin.rm(cid, options))
  }

  /** The new one first: a crash in between leaves both. */
  async update(from: string, to: string, { unpin = true, ...call }: BringCall & { readonly unpin?: boolean | undefined } = {}): Promise<void> {
    const old = await this.#made(call, from)
    if (old?.type !== 'recursive') throw new VfsError('NOT_PINNED', `${from} is not pinned with all below it`)
    if (from === to) return
    const name = (await this.#made(call, to))?.name ?? (unpin ? old.name : null)
    await this.#pin({ arg: to, recursive: true, name: name ?? undefined }, false, call)
    if (unpin) await this.remove(from, call)
  }

  async *list(query: PinQuery = {}): AsyncGenerator<Pin> {
    const { signal } = query
    const made = await Array.fromAsync(this.#all({ signal }))
    const found = (...[cid, call]: Parameters<KuboBlocks['found']>): Promise<Uint8Array | undefined> => this.#blocks.found(cid, call)
    yield* chosen({ found, made: made.toSorted(byCid), signal }, query)
  }

  async #made(call: Call, cid: string): Promise<Pin | undefined> {
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

  async #pin(pin: Pinning, whole: boolean, { onProgress, ...call }: BringCall): Promise<void> {
    if (!whole) await this.#reachable(pin, call)
    using patience = new Patience(STALLED_MS, call.signal)
    try {
      await this.#brought(pin, patience, onProgress)
    } catch (error) {
      throwIfAborted(call.signal, 'pin')
      throw patience.over ? await this.#blocks.reason(new VfsError('CONTENT_NOT_FOUND_IN_TIME', `nobody delivered all of ${pin.arg} in time`), call) : error
    }
  }

  /**
   * Kubo asks others for what it pins, whatever it is told, and waits for them where there are none: so who may ask nobody, or
   * has nobody, has to have all of it. Rejects OFFLINE, NO_PEERS.
   */
  async #reachable(pin: Pinning, call: Call): Promise<void> {
    const { company } = this.#blocks
    const state = await company.state(call)
    if (state === 'off' || (state === 'some' && !this.#offline)) return
    try {
      await this.#requireHere(pin, call)
    } catch (error) {
      if (!isCode(error, 'OFFLINE', 'CANCELLED', 'SERVICE_UNAVAILABLE')) return // of what is wrong with a block the pin tells
      if (this.#offline || !isCode(error, 'OFFLINE')) throw error
      await company.required(call)
    }
  }

  async #requireHere({ arg, recursive }: Pinning, call: Call): Promise<void> {
    const [op, query] = recursive ? ['dag/stat', { arg, progress: true }] : ['block/stat', { arg }]
    for await (const _ of this.#rpc.lines(op, { ...query, ...LOCALLY }, z.unknown(), call)) continue
  }

  async #brought(pin: Pinning, patience: Patience, onProgress: BringCall['onProgress']): Promise<void> {
    let seen = 0
    for await (const { Progress: blocks = seen } of this.#rpc.lines('pin/add', { ...pin, progress: true }, Brought, patience)) {
      if (blocks === seen) continue
      seen = blocks
      patience.moved()
      onProgress?.(blocks)
    }
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
