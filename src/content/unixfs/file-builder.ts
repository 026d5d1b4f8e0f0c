import type { CID } from 'multiformats/cid'
import type { Bytes } from '../../core/backend.ts'
import { LEAF_BYTES } from '../../core/cid.ts'
import { throwIfAborted } from '../../core/error.ts'
import type { AddOptions } from '../types.ts'
import { cidOf, cidOfDigest, encodeFile, type Encoded, type Link, RAW } from './codec.ts'

const LINKS_PER_NODE = 1024

/** Keeps one block; resolves when there is room for the next. */
export type Save = (encoded: Encoded) => Promise<void>

export interface Built extends Link {
  /** Content bytes. */
  readonly size: number
}

export async function buildFile(content: Bytes, save: Save, { signal, onProgress }: AddOptions = {}): Promise<Built> {
  const builder = new FileBuilder(save)
  let done = 0
  for await (const leaf of leaves(content)) {
    throwIfAborted(signal, 'add')
    await builder.leaf(leaf)
    onProgress?.((done += leaf.length))
  }
  return builder.finish()
}

/** The CID of a file whose leaves have these hashes; saves nothing. */
export async function rootOf(hashes: readonly Uint8Array[], size: number): Promise<string> {
  const builder = new FileBuilder(async () => {})
  for (const [index, leaf] of hashes.entries()) await builder.known(cidOfDigest(RAW, leaf), Math.min(LEAF_BYTES, size - index * LEAF_BYTES))
  return (await builder.finish()).cid.toString()
}

/** The balanced DAG of one file, built from its leaves as they come: memory grows with depth, not with the file. */
class FileBuilder {
  readonly #save: Save
  /** Nodes that have no parent yet, by height; the leaves first. */
  readonly #levels: Built[][] = [[]]

  constructor(save: Save) {
    this.#save = save
  }

  /** A leaf is LEAF_BYTES long; only the last may be shorter. */
  async leaf(content: Uint8Array): Promise<void> {
    const cid = cidOf(RAW, content)
    await this.#save({ cid, block: content })
    await this.known(cid, content.length)
  }

  /** A leaf whose content is saved already, or not wanted. */
  async known(cid: CID, size: number): Promise<void> {
    await this.#add(0, { name: '', cid, tsize: size, size })
  }

  async finish(): Promise<Built> {
    for (let height = 0; ; height++) {
      const level = this.#levels[height] ?? []
      const root = level.length === 1 && height === this.#levels.length - 1 ? level[0] : undefined
      if (root) return root
      if (level.length > 0) await this.#add(height + 1, await this.#join(level))
    }
  }

  async #add(height: number, node: Built): Promise<void> {
    const level = (this.#levels[height] ??= [])
    if (level.length === LINKS_PER_NODE) await this.#add(height + 1, await this.#join(level.splice(0)))
    level.push(node)
  }

  async #join(nodes: readonly Built[]): Promise<Built> {
    const sizes = nodes.map((node) => node.size)
    const encoded = encodeFile(nodes, sizes)
    await this.#save(encoded)
    return { name: '', cid: encoded.cid, size: sum(sizes), tsize: encoded.block.length + sum(nodes.map((node) => node.tsize)) }
  }
}

/** Cuts a stream into leaves, at least one, without a copy where a part already has the right size. */
async function* leaves(source: Bytes): Bytes {
  let held: Uint8Array[] = []
  let size = 0
  let empty = true
  for await (const part of source) {
    let rest = part
    while (size + rest.length >= LEAF_BYTES) {
      const cut = LEAF_BYTES - size
      yield joined([...held, rest.subarray(0, cut)])
      rest = rest.subarray(cut)
      held = []
      size = 0
      empty = false
    }
    if (rest.length > 0) held.push(rest)
    size += rest.length
  }
  if (size > 0 || empty) yield joined(held)
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => (parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts))

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
