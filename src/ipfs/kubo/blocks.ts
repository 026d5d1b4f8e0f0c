import type { CID } from 'multiformats/cid'
import { z } from 'zod'
import type { Call } from '../../core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../../core/error.ts'
import { checkBlock, IDENTITY, isBlockOf } from '../block.ts'
import { undelivered } from '../absent.ts'
import type { Block, NetworkMode, NodeBlocks } from '../types.ts'
import { Company, noPeers } from './company.ts'
import type { KuboGuards } from './guards.ts'
import { LOCALLY, type Rpc } from './rpc.ts'
import { Upload } from './upload.ts'

const FETCH_MS = 30_000
const Listed = z.object({ Ref: z.string() })

const loadUnixfs = () => import('../../content/unixfs/index.ts')

/** Blocks of the daemon. Each is verified here as well: it may be another machine's. */
export class KuboBlocks implements NodeBlocks {
  readonly company: Company
  readonly #rpc: Rpc
  readonly #offline: boolean
  readonly #guards: Pick<KuboGuards, 'open'> | undefined

  /** No guards: where nothing is put. */
  constructor(rpc: Rpc, network: NetworkMode, guards?: Pick<KuboGuards, 'open'>) {
    this.company = new Company(rpc)
    this.#rpc = rpc
    this.#offline = network === 'off'
    this.#guards = guards
  }

  async get(cid: string, call?: Call): Promise<Uint8Array> {
    return this.block((await loadUnixfs()).parseCid(cid), call)
  }

  /** What the daemon has itself takes one call; others are asked only where there are any. */
  async block(cid: CID, call: Call = {}): Promise<Uint8Array> {
    try {
      return await this.#get(cid, call, LOCALLY)
    } catch (error) {
      if (this.#offline || !isCode(error, 'OFFLINE')) throw error
    }
    await this.company.required(call)
    try {
      return await this.#get(cid, call, { timeout: `${FETCH_MS}ms` })
    } catch (error) {
      throw await this.reason(isCode(error, 'CONTENT_NOT_FOUND_IN_TIME') ? undelivered(cid.toString(), error) : error, call)
    }
  }

  /** What the daemon has itself. */
  async found(cid: CID, call: Call = {}): Promise<Uint8Array | undefined> {
    try {
      return await this.#get(cid, call, LOCALLY)
    } catch (error) {
      if (isCode(error, 'OFFLINE', 'INVALID_BLOCK')) return undefined
      throw error
    }
  }

  hasAll(cid: string, call?: Call): Promise<boolean> {
    return this.has(cid, call)
  }

  async has(text: string, call: Call = {}): Promise<boolean> {
    const cid = (await loadUnixfs()).parseCid(text)
    if (cid.multihash.code === IDENTITY) return true
    try {
      await this.#rpc.call('block/stat', call, (kubo, options) => kubo.block.stat(cid, { ...options, ...LOCALLY }))
      return true
    } catch (error) {
      if (isCode(error, 'OFFLINE')) return false
      throw error
    }
  }

  /** As raw blocks, which name the same ones: of any other codec Kubo takes only those that it can decode. */
  async put(blocks: AsyncIterable<Block>, call: Call = {}): Promise<void> {
    const { parseCid, rawCidOf } = await loadUnixfs()
    await using _ = await this.#guards?.open(call)
    using upload = new Upload(this.#rpc, call)
    for await (const { cid: text, bytes } of blocks) {
      throwIfAborted(call.signal, 'put')
      const cid = parseCid(text)
      checkBlock(cid, bytes)
      if (cid.multihash.code !== IDENTITY) await upload.save({ cid: parseCid(rawCidOf(cid.multihash.bytes)), block: bytes })
    }
    await upload.commit()
  }

  async *local(call: Call = {}): AsyncGenerator<string> {
    const { parseCid, rawCidOf } = await loadUnixfs()
    for await (const line of this.#rpc.lines('refs/local', {}, Listed, call)) yield rawCidOf(parseCid(line.Ref).multihash.bytes)
  }

  async #get(cid: CID, call: Call, where: typeof LOCALLY | { readonly timeout: string }): Promise<Uint8Array> {
    throwIfAborted(call.signal)
    if (cid.multihash.code === IDENTITY) return cid.multihash.digest
    const block = await this.#rpc.bytes('block/get', { arg: cid.toString(), ...where }, call)
    if (isBlockOf(cid, block)) return block
    throw new VfsError('INVALID_BLOCK', `Kubo sent something else for ${cid.toString()}`)
  }

  /** The last peer may have gone meanwhile. */
  async reason(error: unknown, call: Call): Promise<unknown> {
    return isCode(error, 'CONTENT_NOT_FOUND_IN_TIME') && (await this.company.state(call)) !== 'some' ? noPeers(error) : error
  }
}
