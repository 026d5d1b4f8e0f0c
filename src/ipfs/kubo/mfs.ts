import type { Call } from '../../core/backend.ts'
import { bytesOf } from '../../core/bytes.ts'
import { inDoubt, surely } from '../../core/effect.ts'
import { isCode, throwIfAborted, VfsError } from '../../core/error.ts'
import { opening } from '../../core/stream.ts'
import type { NamedNode, Node } from '../../content/types.ts'
import { lookAt } from '../moving.ts'
import { requireThere } from '../overtaken.ts'
import type { IpfsNode, Mfs } from '../types.ts'
import type { Rpc } from './rpc.ts'

type Expecting<T> = Call & { readonly expect?: T | undefined }

/**
 * Kubo's own mutable tree. Kubo cannot compare and swap, so a change looks first: exact among the changes of this process,
 * which come one after the other, and among our gateways by the journal's locks; others can come in between.
 */
export class KuboMfs implements Mfs {
  readonly volume: string
  readonly cas = 'lock'
  readonly #rpc: Rpc
  readonly #node: Pick<IpfsNode, 'guard' | 'add' | 'stat' | 'list'>
  #last: Promise<unknown> = Promise.resolve()

  constructor(volume: string, rpc: Rpc, node: Pick<IpfsNode, 'guard' | 'add' | 'stat' | 'list'>) {
    this.volume = volume
    this.#rpc = rpc
    this.#node = node
  }

  async root(call: Call = {}): Promise<string> {
    const { cid } = await this.#rpc.call('files/stat', call, (kubo, options) => kubo.files.stat('/', options))
    return cid.toString()
  }

  async stat(path: string, call?: Call): Promise<Node> {
    return lookAt(
      async () => (await this.root(call)) + tail(path),
      (at) => this.#node.stat(at, call),
    )
  }

  list(path: string, options?: Call & { readonly after?: string | undefined }): AsyncIterable<NamedNode> {
    return opening(async () => this.#node.list((await this.root(options)) + tail(path), options))
  }

  link(path: string, cid: string, options: Expecting<string | null> = {}): Promise<void> {
    return this.#inTurn(options, async () => {
      const here = await this.#at(path, options)
      requireThere(path, here?.cid, options.expect)
      if (here?.cid === cid) return
      const link = async (): Promise<void> => {
        if (here?.kind === 'directory') await this.#remove(path, options)
        await this.#copy(cid, path, here?.kind === 'file', options).catch(async (error: unknown) => {
          if (here?.kind === 'directory') await this.#copy(here.cid, path, false, {}).catch(() => Promise.reject(inDoubt(error)))
          throw error
        })
      }
      await effect(link, async () => (await this.#at(path, {}))?.cid === cid)
    })
  }

  async put(path: string, content: Uint8Array, options: Expecting<string | null> = {}): Promise<string> {
    await using _ = await this.#node.guard(options)
    const { cid } = await this.#node.add(bytesOf(content), { signal: options.signal })
    await this.link(path, cid, options)
    return cid
  }

  unlink(path: string, options: Expecting<string> = {}): Promise<void> {
    return this.#inTurn(options, async () => {
      await this.#required(path, options)
      await effect(
        () => this.#remove(path, options),
        () => this.#isGone(path),
      )
    })
  }

  move(from: string, to: string, options: Expecting<string> = {}): Promise<void> {
    return this.#inTurn(options, async () => {
      if (`${to}/`.startsWith(`${from}/`)) throw new VfsError('INVALID_ARGUMENT', `${from} cannot be moved into itself`)
      const { cid } = await this.#required(from, options)
      if (await this.#at(to, options)) throw new VfsError('ALREADY_EXISTS', `${to} exists`)
      const move = async (): Promise<void> => {
        await this.#rpc.call('files/mv', options, (kubo, call) => kubo.files.mv(from, to, { ...call, flush: true }))
        // Kubo 0.43 leaves the source where it was if both folders have the same name.
        if ((await this.#at(from, options))?.cid === cid) await this.#remove(from, options)
      }
      await effect(move, async () => (await this.#at(to, {}))?.cid === cid && (await this.#isGone(from)))
    })
  }

  async #copy(cid: string, path: string, force: boolean, call: Call): Promise<void> {
    await this.#rpc.call('files/cp', call, (kubo, options) => kubo.files.cp(`/ipfs/${cid}`, path, { ...options, flush: true, ...(force && { force }) }))
  }

  /** Kubo 0.43 answers to a removal before the new root is on its disk; it waits for that only when it is asked to flush. */
  async #remove(path: string, call: Call): Promise<void> {
    await this.#rpc.call('files/rm', call, (kubo, options) => kubo.files.rm(path, { ...options, recursive: true, flush: true }))
    await this.#flushed(path, call)
  }

  async #flushed(path: string, call: Call): Promise<void> {
    await this.#rpc.call('files/flush', call, (kubo, options) => kubo.files.flush(path.slice(0, path.lastIndexOf('/')) || '/', options))
  }

  /** Also on its disk. */
  async #isGone(path: string): Promise<boolean> {
    if (await this.#at(path, {})) return false
    await this.#flushed(path, {})
    return true
  }

  /** undefined where nothing stands. Rejects NOT_FOUND and NOT_DIRECTORY for the parent. */
  async #at(path: string, call: Call): Promise<Node | undefined> {
    const root = await this.root(call)
    const above = tail(path.slice(0, path.lastIndexOf('/')))
    const folder = await this.#node.stat(root + above, call)
    if (folder.kind !== 'directory') throw new VfsError('NOT_DIRECTORY', `${above} is a file`)
    try {
      return await this.#node.stat(root + path, call)
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return undefined
      throw error
    }
  }

  async #required(path: string, options: Expecting<string>): Promise<Node> {
    const here = await this.#at(path, options)
    requireThere(path, here?.cid, options.expect)
    if (!here) throw new VfsError('NOT_FOUND', `${path} does not exist`)
    return here
  }

  /** Under a guard: Kubo's collection would take the folders that a change makes while it runs. */
  #inTurn<T>({ signal }: Call, work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      throwIfAborted(signal, 'change')
      await using _ = await this.#node.guard({ signal })
      return await work()
    })
    this.#last = turn.catch(() => {})
    return turn
  }
}

/** Makes a change of Kubo's tree. */
const effect = (change: () => Promise<void>, tookPlace: () => Promise<boolean>): Promise<unknown> => surely(change, tookPlace, { unclear: isUnanswered })

const isUnanswered = (error: unknown): boolean => isCode(error, 'SERVICE_UNAVAILABLE', 'TIMEOUT', 'CANCELLED', 'CONTENT_NOT_FOUND_IN_TIME')

const tail = (path: string): string => (path === '/' ? '' : path)
