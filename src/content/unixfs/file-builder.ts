import type { CID } from 'multiformats/cid'
import type { Bytes } from '../../core/backend.ts'
import { LEAF_BYTES } from '../../core/cid.ts'
import { throwIfAborted } from '../../core/error.ts'
import { ALONE } from '../alone.ts'
import { Spares } from '../blocks/spares.ts'
import { hashLeaf, type Sums } from '../leaf-threads.ts'
import type { AddOptions, Metadata } from '../types.ts'
import { cidOfDigest, encodeFile, encodeLeaf, encodeRaw, type Encoded, type Link, RAW, tsizeOf } from './codec.ts'
import { inFlight } from './prefetch.ts'
import { type Profile, PROFILES, V1 } from './profile.ts'

const NOTHING = new Uint8Array(0)
const AHEAD = 4 // leaves that are hashed while those before them are saved

/** Keeps one block; resolves when there is room for the next. When it is kept elsewhere, its memory may go back to the spares. */
export type Save = (encoded: Encoded, spares?: Spares) => Promise<void>

export interface File extends Link {
  /** Content bytes. */
  readonly size: number
  /** Blocks right below it. */
  readonly links: number
}

export interface BuildOptions extends AddOptions {
  /** Of who builds many files. */
  readonly spares?: Spares | undefined
}

export async function buildFile(content: Bytes, save: Save, options: BuildOptions = {}): Promise<File> {
  const { signal, onProgress, profile, mode, modified, spares } = options
  const builder = new FileBuilder(save, profile && PROFILES[profile], { mode, modified }, spares)
  let done = 0
  for await (const { leaf, sums } of summed(leaves(content, builder), builder)) {
    throwIfAborted(signal, 'add')
    await builder.leaf(leaf, sums)
    onProgress?.((done += leaf.length))
  }
  return builder.finish()
}

/** The file whose leaves have these hashes; saves nothing. */
export async function fileOf(hashes: readonly Uint8Array[], size: number): Promise<File> {
  const builder = new FileBuilder(async () => {})
  for (const [index, leaf] of hashes.entries()) await builder.known(cidOfDigest(RAW, leaf), Math.min(LEAF_BYTES, size - index * LEAF_BYTES))
  return builder.finish()
}

/** The balanced DAG of one file, built from its leaves as they come: memory grows with depth, not with the file. */
export class FileBuilder {
  readonly leafBytes: number
  readonly rawLeaves: boolean
  /** Where the memory of leaves comes from. */
  readonly spares: Spares
  readonly #save: Save
  readonly #profile: Profile
  readonly #meta: Metadata
  /** Nodes that have no parent yet, by height; the leaves first. */
  readonly #levels: File[][] = [[]]
  /** A first leaf waits: if no other comes it is the root, and that is where metadata stands. */
  #first: Uint8Array | undefined

  constructor(save: Save, profile = V1, meta: Metadata = {}, spares = new Spares(SharedArrayBuffer)) {
    this.leafBytes = profile.leafBytes
    this.rawLeaves = profile.rawLeaves
    this.spares = spares
    this.#save = save
    this.#profile = profile
    this.#meta = meta
  }

  /** A leaf is as long as the profile says; only the last may be shorter. The sums are those of its content. */
  async leaf(content: Uint8Array, sums?: Sums): Promise<void> {
    const isFirst = this.#first === undefined && this.#levels.length === 1 && this.#levels[0]?.length === 0
    await this.#settleFirst()
    if (isFirst) this.#first = content
    else await this.#add(0, await this.#saveLeaf(content, {}, sums))
  }

  /** A raw leaf whose content is saved already, or not wanted. */
  async known(cid: CID, size: number): Promise<void> {
    await this.#settleFirst()
    await this.#add(0, { name: '', cid, tsize: size, size, links: 0 })
  }

  async finish(): Promise<File> {
    if (this.#first) return this.#saveLeaf(this.#first, this.#meta)
    for (let height = 0; ; height++) {
      const level = this.#levels[height] ?? []
      if (height === this.#levels.length - 1) return level.length === 1 && level[0] ? level[0] : this.#join(level, this.#meta)
      if (level.length > 0) await this.#add(height + 1, await this.#join(level, {}))
    }
  }

  async #settleFirst(): Promise<void> {
    const first = this.#first
    this.#first = undefined
    if (first) await this.#add(0, await this.#saveLeaf(first, {}))
  }

  async #add(height: number, node: File): Promise<void> {
    const level = (this.#levels[height] ??= [])
    if (level.length === this.#profile.linksPerNode) await this.#add(height + 1, await this.#join(level.splice(0), {}))
    level.push(node)
  }

  /** A raw leaf has no room for metadata. */
  async #saveLeaf(content: Uint8Array, meta: Metadata, sums?: Sums): Promise<File> {
    const bare = meta.mode === undefined && meta.modified === undefined
    const encoded = bare && this.rawLeaves ? encodeRaw(content, sums) : encodeLeaf(content, { format: this.#profile.format, meta })
    await this.#save(encoded, this.spares)
    if (encoded.block !== content) this.spares.back(content)
    return { name: '', cid: encoded.cid, tsize: encoded.block.length, size: content.length, links: 0 }
  }

  async #join(nodes: readonly File[], meta: Metadata): Promise<File> {
    const sizes = nodes.map((node) => node.size)
    const encoded = encodeFile(nodes, sizes, { format: this.#profile.format, meta })
    await this.#save(encoded)
    return { name: '', cid: encoded.cid, size: sum(sizes), tsize: tsizeOf(encoded.block.length, nodes), links: nodes.length }
  }
}

/** Cuts a stream into leaves, at least one. They are copies, so that the stream may reuse its memory, as leaves do theirs. */
export async function* leaves(source: Bytes, { leafBytes, spares }: Pick<FileBuilder, 'leafBytes' | 'spares'>): AsyncGenerator<Uint8Array> {
  let memory: Uint8Array | undefined
  let size = 0
  let isEmpty = true
  for await (const part of source) {
    for (let rest = part; rest.length > 0;) {
      const taken = rest.subarray(0, leafBytes - size)
      memory ??= spares.take(leafBytes)
      memory.set(taken, size)
      size += taken.length
      rest = rest.subarray(taken.length)
      if (size < leafBytes) continue
      yield memory
      memory = undefined
      size = 0
      isEmpty = false
    }
  }
  if (memory) yield spares.shortened(memory.subarray(0, size))
  else if (isEmpty) yield NOTHING
}

interface Summed {
  readonly leaf: Uint8Array
  readonly sums: Sums | undefined
}

/** What is large is hashed by other threads, in the memory that they share with this one. */
async function* summed(source: AsyncGenerator<Uint8Array>, { rawLeaves }: Pick<FileBuilder, 'rawLeaves'>): AsyncGenerator<Summed> {
  const alone = rawLeaves ? ALONE : Infinity
  try {
    for (let count = 0; count < alone; count++) {
      const next = await source.next()
      if (next.done) return
      yield { leaf: next.value, sums: undefined }
    }
    yield* inFlight(source, AHEAD, async (leaf) => ({ leaf, sums: await sumsOf(leaf) }))
  } finally {
    await source.return(undefined)
  }
}

/** undefined for what no other thread can see: a last leaf, which is short. */
async function sumsOf({ buffer: memory, length: size }: Uint8Array): Promise<Sums | undefined> {
  return memory instanceof SharedArrayBuffer ? hashLeaf({ memory, size, kept: true }) : undefined
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
