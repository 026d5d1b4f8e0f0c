import { isUtf8 } from 'node:buffer'
import { LRUCache } from 'lru-cache'
import type { CID } from 'multiformats/cid'
import type { Bytes, Call, Range } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'
import { compareNames } from '../../core/path.ts'
import { opening } from '../../core/stream.ts'
import { linkItself } from '../link-itself.ts'
import type { NamedNode, Node } from '../types.ts'
import { type FolderNode, type Link, type LinkNode, parseCid, RAW, textOf, type UnixfsNode, tsizeOf } from './codec.ts'
import { readFile } from './file-reader.ts'
import { child, children } from './folder-reader.ts'
import type { LoadNode } from './loader.ts'
import { prefetch } from './prefetch.ts'
import { folderNode } from './tree.ts'

const AHEAD = 16
const KEPT_CHILDREN = 200_000 // some 60 MB, of folders that are being read
const MAX_TARGET_BYTES = 4096 // PATH_MAX
const KEPT_MS = 60_000 // a reader asks for its next page sooner

/** Of a raw leaf its link tells all: nothing to load. */
type Child = Link & { readonly leaf?: NamedNode | undefined }

type Listing = Call & { readonly after?: string | undefined }

/** UnixFS over whatever loads nodes: from the content store's own blocks, or by a node that can fetch. */
export class UnixfsReader {
  readonly #load: LoadNode
  readonly #orders = new LRUCache<string, readonly Child[]>({ maxSize: KEPT_CHILDREN, ttl: KEPT_MS, ttlAutopurge: true, updateAgeOnGet: true })

  constructor(load: LoadNode) {
    this.#load = load
  }

  async stat(cid: string, call: Call = {}): Promise<Node> {
    const parsed = parseCid(cid)
    return describe(parsed, await this.#load(parsed, call))
  }

  async *read(cid: string, options: Call & Range = {}): Bytes {
    const node = await this.#load(parseCid(cid), options)
    if (node.kind === 'directory') throw new VfsError('IS_DIRECTORY', `${cid} is a folder`)
    if (node.kind === 'link') throw linkItself(cid)
    yield* readFile(this.#load, node, options)
  }

  /** In the order of the names' bytes. */
  list(cid: string, options: Listing = {}): AsyncIterable<NamedNode> {
    return opening(async () => this.#listed(await this.#after(cid, options), options))
  }

  async #after(cid: string, options: Listing): Promise<readonly Child[]> {
    const node = await this.#load(parseCid(cid), options)
    if (node.kind !== 'directory') throw new VfsError('NOT_DIRECTORY', `${cid} is a ${node.kind === 'link' ? 'symbolic link' : 'file'}`)
    const all = await this.#ordered(cid, node, options)
    return all.slice(options.after === undefined ? 0 : placeAfter(all, options.after))
  }

  /** A generator would take three turns for each entry, and most are known. */
  #listed(all: readonly Child[], call: Call): AsyncIterable<NamedNode> {
    const loaded = this.#loaded(all, call)
    let at = 0
    const next = (): Promise<IteratorResult<NamedNode>> => {
      const one = all[at++]
      if (one && !one.leaf) return loaded.next()
      return Promise.resolve(one?.leaf ? { done: false, value: one.leaf } : { done: true, value: undefined })
    }
    return { [Symbol.asyncIterator]: () => ({ next }) }
  }

  /** A folder that is read page by page is put in order once. */
  async #ordered(cid: string, node: FolderNode, call: Call): Promise<readonly Child[]> {
    const known = this.#orders.get(cid)
    if (known) return known
    const all = (await Array.fromAsync(children(this.#load, node, call))).flat()
    const ordered = all.map(childOf).toSorted((a, b) => compareNames(a.name, b.name))
    this.#orders.set(cid, ordered, { size: ordered.length + 1 })
    return ordered
  }

  /** The CID at the end of `<cid>/a/b`. Rejects NOT_FOUND, NOT_DIRECTORY. */
  async resolve(cid: string, names: readonly string[], call: Call = {}): Promise<string> {
    let at = parseCid(cid)
    for (const name of names) {
      const node = await this.#load(at, call)
      if (node.kind !== 'directory') throw new VfsError('NOT_DIRECTORY', `${at.toString()} is a file; there is no ${JSON.stringify(name)} in it`)
      at = (await this.#child(at, node, name, call)).cid
    }
    return textOf(at)
  }

  async #child(folder: CID, node: FolderNode, name: string, call: Call): Promise<Link> {
    const link = await child(this.#load, node, name, call)
    if (!link) throw new VfsError('NOT_FOUND', `there is no ${JSON.stringify(name)} in ${folder.toString()}`)
    return link
  }

  /** Of those children that have to be loaded, which nothing is before the first of them is asked for. */
  async *#loaded(all: readonly Child[], call: Call): AsyncGenerator<NamedNode, never> {
    const unknown = all.filter(({ leaf }) => !leaf)
    for await (const [{ name, cid }, node] of prefetch(unknown, AHEAD, (one) => this.#load(one.cid, call))) yield { name, ...describe(cid, node) }
    throw new RangeError('more was asked for than there is')
  }
}

function childOf(link: Link): Child {
  const { name, cid, tsize } = link
  return cid.code === RAW ? { ...link, leaf: { name, cid: textOf(cid), kind: 'file', size: tsize, tsize, links: 0 } } : link
}

function describe(cid: CID, node: UnixfsNode): Node {
  if (node.kind === 'link') return linkNode(cid, node)
  const { links, meta } = node
  const tsize = tsizeOf(node.blockBytes, links)
  if (node.kind === 'directory') return folderNode({ cid, tsize }, links, meta)
  return { cid: textOf(cid), kind: 'file', size: node.size, tsize, links: links.length, ...meta }
}

function linkNode(cid: CID, { target, blockBytes, meta }: LinkNode): Node {
  const text = target.length <= MAX_TARGET_BYTES && isUtf8(target) && !target.includes(0) ? Buffer.from(target).toString() : undefined
  return { cid: textOf(cid), kind: 'link', size: target.length, tsize: tsizeOf(blockBytes, []), links: 0, target: text, ...meta }
}

/** Where in an ordered folder the names after this one begin. */
function placeAfter(links: readonly Link[], name: string): number {
  let [low, high] = [0, links.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareNames(links[middle]?.name ?? '', name) > 0) high = middle
    else low = middle + 1
  }
  return low
}
