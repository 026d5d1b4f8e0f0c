import type { CID } from 'multiformats/cid'
import { VfsError } from '../../core/error.ts'
import type { Batch } from '../blocks/batch.ts'
import type { Blocks } from '../blocks/blocks.ts'
import { decode, type Encoded, encodeRaw, type Link, parseCid, textOf, tsizeOf } from './codec.ts'
import { type Blockspace, changeFolder, loadFolder } from './folder-editor.ts'
import { child } from './folder-reader.ts'
import type { GetBlock, LoadNode, Nodes } from './loader.ts'

/** A tree under change: new nodes stay in memory until `commit` makes them durable. */
export class Draft {
  readonly #nodes: Nodes
  readonly #get: GetBlock
  readonly #load: LoadNode
  readonly #new = new Map<string, Encoded>()
  #root: CID

  constructor(root: string, nodes: Nodes) {
    this.#root = parseCid(root)
    this.#nodes = nodes
    this.#get = async (cid, call) => this.#new.get(textOf(cid))?.block ?? nodes.get(cid, call)
    this.#load = async (cid, call) => this.#new.get(textOf(cid))?.node ?? nodes.load(cid, call)
  }

  get root(): string {
    return textOf(this.#root)
  }

  /** What `reset` goes back to. */
  mark(): CID {
    return this.#root
  }

  reset(mark: CID): void {
    this.#root = mark
  }

  /** undefined where nothing stands. Rejects NOT_FOUND and NOT_DIRECTORY for the parent. */
  async at(names: readonly string[]): Promise<string | undefined> {
    const last = names.at(-1)
    if (last === undefined) return this.root
    const link = await child(this.#load, await loadFolder(this.#load, await this.#folder(names.slice(0, -1))), last)
    return link && textOf(link.cid)
  }

  async set(names: readonly string[], cid: string | null): Promise<void> {
    this.#root = (await this.#change(this.#root, names, cid === null ? null : await this.#link(parseCid(cid)))).cid
  }

  /** A file of one leaf, to be set somewhere: its CID. The content must stay as it is. */
  leaf(content: Uint8Array): string {
    const encoded = encodeRaw(content)
    const cid = textOf(encoded.cid)
    this.#new.set(cid, encoded)
    return cid
  }

  /** `make` commits what is new, and may do more with it. */
  async commit<T>(blocks: Blocks, make: (batch: Batch) => Promise<T>): Promise<T> {
    await using batch = blocks.batch()
    for (const { cid, block } of this.#new.values()) await batch.put(cid.multihash.bytes, block)
    const made = await make(batch)
    for (const encoded of this.#new.values()) this.#nodes.made(encoded)
    return made
  }

  async #change(folder: CID, [name, ...below]: readonly string[], replacement: Link | null): Promise<Link> {
    if (name === undefined) throw new VfsError('INVALID_ARGUMENT', 'the root of a tree cannot be replaced')
    const inner = below.length === 0 ? replacement : await this.#change(await this.#folder([name], folder), below, replacement)
    return changeFolder(this.#space, folder, name, inner)
  }

  async #folder(names: readonly string[], from = this.#root): Promise<CID> {
    let at = from
    for (const name of names) {
      const link = await child(this.#load, await loadFolder(this.#load, at), name)
      if (!link) throw new VfsError('NOT_FOUND', `there is no folder ${JSON.stringify(name)}`)
      at = link.cid
    }
    return at
  }

  async #link(cid: CID): Promise<Link> {
    const block = await this.#get(cid)
    const node = decode(cid, block)
    return { name: '', cid, tsize: tsizeOf(block.length, node.kind === 'link' ? [] : node.links) }
  }

  readonly #space: Blockspace = {
    load: (cid, call) => this.#load(cid, call),
    save: async (encoded) => void this.#new.set(textOf(encoded.cid), encoded),
  }
}
