import { CID } from 'multiformats/cid'
import * as digest from 'multiformats/hashes/digest'
import { isCode, throwIfAborted, VfsError } from '../../core/error.ts'
import { Database } from '../../sqlite/database.ts'
import { canLink, linksOf } from '../dag/codecs.ts'
import { inlined, parseCid } from '../unixfs/codec.ts'
import type { CollectOptions, Reason, Root } from './types.ts'

const NODES_AT_ONCE = 16 // each up to 2 MiB

const SCHEMA = `
  CREATE TABLE mark (multihash BLOB PRIMARY KEY, reason TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE node (id INTEGER PRIMARY KEY, code INTEGER NOT NULL, multihash BLOB NOT NULL, reason TEXT NOT NULL, UNIQUE (code, multihash)) STRICT`

interface NodeRow {
  readonly id: number
  readonly code: number
  readonly multihash: Buffer
  readonly reason: Reason
}

/** A block's verified bytes; undefined where it is not here. */
export type FindBlock = (multihash: Uint8Array) => Promise<Uint8Array | undefined>

/**
 * What is reached from roots, and the way that is still to go: in a nameless database on disk, which the system takes away
 * with the process, so that memory stays flat for any number of blocks.
 */
export class Marks implements Disposable {
  readonly #db = new Database('')
  readonly #find: FindBlock
  readonly #options: CollectOptions
  /** The newest node whose links are marked. */
  #done = 0
  #missing = 0

  constructor(find: FindBlock, options: CollectOptions) {
    this.#find = find
    this.#options = options
    this.#db.pragma('journal_mode = off')
    this.#db.pragma('synchronous = off')
    this.#db.exec(SCHEMA)
  }

  get missing(): number {
    return this.#missing
  }

  reasonOf(multihash: Uint8Array): Reason | undefined {
    return this.#db.get<{ readonly reason: Reason }>('SELECT reason FROM mark WHERE multihash = ?', multihash)?.reason
  }

  /** All below it. Rejects INVALID_BLOCK for a damaged node, and NOT_FOUND for one that a pin lacks: what lies below is not known then. */
  async add({ cid, reason, recursive }: Root): Promise<void> {
    throwIfAborted(this.#options.signal, 'collect')
    this.#mark(parseCid(cid), reason, recursive)
    try {
      while (await this.#step());
    } catch (error) {
      throw isCode(error, 'INVALID_BLOCK', 'NOT_FOUND') ? incomplete(cid, reason, error) : error
    }
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }

  /** False if there is no node left. */
  async #step(): Promise<boolean> {
    const nodes = this.#db.all<NodeRow>('SELECT id, code, multihash, reason FROM node WHERE id > ? ORDER BY id LIMIT ?', this.#done, NODES_AT_ONCE)
    if (nodes.length === 0) return false
    throwIfAborted(this.#options.signal, 'collect')
    const found = await Promise.all(nodes.map(async (node) => ({ links: await this.#links(node), reason: node.reason })))
    this.#db.immediate(() => {
      for (const { links, reason } of found) for (const link of links) this.#mark(link, reason, true)
    })
    this.#done = nodes.at(-1)?.id ?? this.#done
    this.#options.onProgress?.('mark', this.#done)
    return true
  }

  async #links({ code, multihash, reason }: NodeRow): Promise<CID[]> {
    const cid = CID.createV1(code, digest.decode(multihash))
    const block = inlined(cid) ?? (await this.#find(multihash))
    if (block) return linksOf(cid, block).catch(() => []) // not of its codec: as its author made it, a leaf
    if (reason === 'pin') throw new VfsError('NOT_FOUND', `${cid.toString()} is not here`)
    this.#missing++
    return []
  }

  /** The same bytes have other links in another codec, so the way is by both; a leaf takes no place on it. */
  #mark(cid: CID, reason: Reason, recursive: boolean): void {
    const multihash = cid.multihash.bytes
    this.#db.run('INSERT INTO mark VALUES (?, ?) ON CONFLICT DO NOTHING', multihash, reason)
    if (recursive && canLink(cid))
      this.#db.run('INSERT INTO node (code, multihash, reason) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', cid.code, multihash, reason)
  }
}

function incomplete(cid: string, reason: Reason, cause: VfsError): VfsError {
  return new VfsError(cause.code, `nothing was freed: a node below ${cid} (${reason}) is damaged or missing, and what only it reaches would be lost`, {
    op: 'collect',
    cause,
    hint:
      reason === 'pin'
        ? 'Pin it again, which fetches what is missing, or remove the pin; then collect again.'
        : 'Add the same content again, which heals it; a second collection takes the node for missing, and frees what only it reached.',
  })
}
