import type { CID } from 'multiformats/cid'
import type { Bytes, Call, Range } from '../../core/backend.ts'
import { throwIfAborted } from '../../core/error.ts'
import { opening } from '../../core/stream.ts'
import type { LocalContent } from '../../content/store.ts'
import type { AddOptions, NamedNode, Node, Source } from '../../content/types.ts'
import type { Draft, GetBlock, UnixfsReader } from '../../content/unixfs/index.ts'
import { IDENTITY } from '../block.ts'
import type { Keeps, Mfs } from '../types.ts'
import { ContentMfs } from './mfs.ts'
import type { TreeNode, TreeRoot } from './types.ts'

export interface ContentTreeParts extends Pick<Mfs, 'volume' | 'cas'> {
  readonly content: LocalContent
  readonly root: TreeRoot
  readonly keeps: Keeps
  /** A verified block that is not in the content store. Rejects OFFLINE and the like. */
  readonly fetch: GetBlock
}

interface Trees {
  readonly reader: UnixfsReader
  draft(root: string): Draft
}

/** A mutable tree whose blocks are in the content store, and which fetches what is there no longer, or not yet. */
export class ContentTree implements TreeNode {
  readonly sharesContent = true
  readonly mfs: Mfs
  readonly keeps: Keeps
  readonly #content: LocalContent
  readonly #fetch: GetBlock
  #trees: Promise<Trees> | undefined

  constructor({ volume, cas, content, root, keeps, fetch }: ContentTreeParts) {
    this.#content = content
    this.#fetch = fetch
    this.mfs = new ContentMfs({ volume, cas, content, root, node: this, draft: async (from) => (await this.#opened()).draft(from) })
    this.keeps = { ...keeps, set: (id, cid, call) => this.#keep(keeps, id, cid, call) }
  }

  guard(): Promise<AsyncDisposable> {
    return this.#content.guard()
  }

  add(content: Bytes, options?: AddOptions): Promise<Node> {
    return this.#content.put(content, options)
  }

  addTree(sources: AsyncIterable<Source>, options?: AddOptions): AsyncIterable<NamedNode> {
    return this.#content.putTree(sources, options)
  }

  async stat(path: string, call?: Call): Promise<Node> {
    const { reader } = await this.#opened()
    return reader.stat(await resolved(reader, path, call), call)
  }

  async *read(path: string, options?: Call & Range): Bytes {
    const { reader } = await this.#opened()
    yield* reader.read(await resolved(reader, path, options), options)
  }

  list(path: string, options?: Call & { readonly after?: string | undefined }): AsyncIterable<NamedNode> {
    return opening(async () => {
      const { reader } = await this.#opened()
      return reader.list(await resolved(reader, path, options), options)
    })
  }

  async #block(cid: CID, call: Call = {}): Promise<Uint8Array> {
    throwIfAborted(call.signal)
    if (cid.multihash.code === IDENTITY) return cid.multihash.digest
    const here = await this.#content.blocks.get(cid.multihash.bytes)
    if (here) return here
    const block = await this.#fetch(cid, call)
    await using batch = this.#content.blocks.batch()
    await batch.put(cid.multihash.bytes, block)
    await batch.commit()
    return block
  }

  async #keep(keeps: Keeps, id: string, cid: string, call?: Call): Promise<void> {
    await using _ = await this.#content.guard(cid)
    await keeps.set(id, cid, call)
  }

  #opened(): Promise<Trees> {
    return (this.#trees ??= this.#open())
  }

  async #open(): Promise<Trees> {
    const { Draft, Nodes, UnixfsReader } = await import('../../content/unixfs/index.ts')
    const nodes = new Nodes((cid, call) => this.#block(cid, call))
    return { reader: new UnixfsReader(nodes.load), draft: (root) => new Draft(root, nodes) }
  }
}

/** `<cid>/a/b` as the CID at its end. */
async function resolved(reader: UnixfsReader, path: string, call?: Call): Promise<string> {
  const [cid = '', ...names] = path.split('/')
  return names.length === 0 ? cid : reader.resolve(cid, names, call)
}
