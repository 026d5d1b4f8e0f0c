import { z } from 'zod'
import type { Call } from '../../core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../../core/error.ts'
import type { Query } from '../../core/wire.ts'
import { IDENTITY } from '../block.ts'
import { Patience } from '../patience.ts'
import type { BringCall, NetworkMode, Pin } from '../types.ts'
import type { KuboBlocks } from './blocks.ts'
import type { KuboRemaking } from './remaking.ts'
import { LOCALLY, type Rpc } from './rpc.ts'

/** Nobody has what has not come for so long. Clients give a call up after a minute, and should be told. */
const STALLED_MS = 40_000

/** Blocks so far. */
const Pinned = z.object({ Progress: z.number().optional() }).transform(({ Progress }) => Progress)
const Walked = z.object({ DagStats: z.array(z.object({ NumBlocks: z.number().optional() })).optional() }).transform(({ DagStats }) => DagStats?.[0]?.NumBlocks)

type Ask = readonly [op: string, query: Query, counted: z.ZodType<number | undefined>]

export interface PinningParts {
  readonly rpc: Rpc
  readonly blocks: KuboBlocks
  readonly remaking: KuboRemaking
  readonly network: NetworkMode
}

/** Makes pins, and what that takes of the network. */
export class KuboPinning {
  readonly #rpc: Rpc
  readonly #blocks: KuboBlocks
  readonly #remaking: KuboRemaking
  readonly #offline: boolean

  constructor({ rpc, blocks, remaking, network }: PinningParts) {
    this.#rpc = rpc
    this.#blocks = blocks
    this.#remaking = remaking
    this.#offline = network === 'off'
  }

  /** In the place of `known`. `whole` as in PinOptions. */
  async make(pin: Pin, known: Pin | undefined, { whole = false, ...call }: BringCall & { readonly whole?: boolean | undefined }): Promise<void> {
    if (known) return this.#makeAgain(pin, known, whole, call)
    if (!whole) await this.#reachable(pin, call)
    await this.#asked(pin, pinning(pin), call)
  }

  /** Makes what could not be made again, as far as all of it is here. */
  async finish(isMade: (cid: string) => Promise<boolean>): Promise<void> {
    await this.#remaking.finish(isMade, async (pin) => {
      await this.#requireHere(pin, {})
      await this.#asked(pin, pinning(pin), {})
    })
  }

  /** One that is as it should be is left alone (see KuboRemaking); for a new name or kind all below is brought first, and nobody can cancel the rest. */
  async #makeAgain(pin: Pin, known: Pin, whole: boolean, call: BringCall): Promise<void> {
    const isSame = known.type === pin.type && known.name === pin.name
    if (!(isSame && whole) && !(await holdsItself(pin.cid))) {
      await this.#reachable(pin, call)
      await this.#asked(pin, walking(pin), call)
    }
    if (!isSame) await this.#remaking.make(pin, () => this.#asked(pin, pinning(pin), {}), call)
  }

  /**
   * Kubo asks others for what it pins, whatever it is told, and waits for them where there are none: so who may ask nobody, or
   * has nobody, has to have all of it. Rejects OFFLINE, NO_PEERS.
   */
  async #reachable(pin: Pin, call: Call): Promise<void> {
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

  async #requireHere(pin: Pin, call: Call): Promise<void> {
    const [op, query, counted] = walking(pin)
    for await (const _ of this.#rpc.lines(op, { ...query, ...LOCALLY }, counted, call)) continue
  }

  async #asked({ cid }: Pin, ask: Ask, { onProgress, signal }: BringCall): Promise<void> {
    using patience = new Patience(STALLED_MS, signal)
    try {
      await this.#counted(ask, patience, onProgress)
    } catch (error) {
      throwIfAborted(signal, 'pin')
      throw patience.over ? await this.#blocks.reason(new VfsError('CONTENT_NOT_FOUND_IN_TIME', `nobody delivered all of ${cid} in time`), { signal }) : error
    }
  }

  async #counted([op, query, counted]: Ask, patience: Patience, onProgress: BringCall['onProgress']): Promise<void> {
    let seen = 0
    for await (const blocks of this.#rpc.lines(op, query, counted, patience)) {
      if (blocks === undefined || blocks === seen) continue
      seen = blocks
      patience.moved()
      onProgress?.(blocks)
    }
  }
}

/** Kubo's walk through nothing at all ends in no number. */
const holdsItself = async (cid: string): Promise<boolean> => (await import('../../content/unixfs/index.ts')).parseCid(cid).multihash.code === IDENTITY

const pinning = ({ cid, type, name }: Pin): Ask => ['pin/add', { arg: cid, recursive: type === 'recursive', name: name ?? undefined, progress: true }, Pinned]

const walking = ({ cid, type }: Pin): Ask => (type === 'recursive' ? ['dag/stat', { arg: cid, progress: true }, Walked] : ['block/stat', { arg: cid }, Walked])
