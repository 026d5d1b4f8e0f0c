import type { CID } from 'multiformats/cid'
import type { Blocks } from '../../content/blocks/blocks.ts'
import type { Pin } from '../types.ts'
import type { NodeState } from './state.ts'

/** What peers may have: only what pins and the mutable tree reach, so never a version that is kept for undo. */
export class Served {
  readonly #content: Content
  readonly #state: NodeState
  #reach: Reach = { version: '', names: new Set(), gaps: new Map() }
  /** The next look is for what has come into gaps, too. */
  #filling = false
  /** A look that has not begun. */
  #next: Promise<Reach> | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(content: Content, state: NodeState) {
    this.#content = content
    this.#state = state
  }

  /** As pins and the tree are when it is asked, or later. */
  async has(multihash: Uint8Array): Promise<boolean> {
    const name = nameOf(multihash)
    const { names, gaps } = await this.#look()
    if (names.has(name) || gaps.size === 0) return names.has(name)
    this.#filling = true
    return (await this.#look()).names.has(name)
  }

  async roots(): Promise<string[]> {
    return (await this.#roots()).map(({ cid }) => cid)
  }

  /** One at a time, however many peers ask beside a writer: who comes while one is on its way shares the next with all others. */
  #look(): Promise<Reach> {
    this.#next ??= this.#last.then(() => {
      this.#next = undefined
      return this.#current()
    })
    this.#last = this.#next.catch(() => {}) // told to those who wait for it
    return this.#next
  }

  async #current(): Promise<Reach> {
    const filling = this.#filling
    this.#filling = false
    const version = await this.#state.version()
    if (version !== this.#reach.version) this.#reach = await this.#walk(await this.#roots(), { version, names: new Set(), gaps: new Map() })
    else if (filling) await this.#fill()
    return this.#reach
  }

  /** What has come into a gap since may have much below it. */
  async #fill(): Promise<void> {
    for (const [name, cid] of this.#reach.gaps) {
      if (!(await this.#content.blocks.has(cid.multihash.bytes))) continue
      this.#reach.gaps.delete(name)
      await this.#walk([{ cid: cid.toString(), type: 'recursive' }], this.#reach)
    }
  }

  async #roots(): Promise<Root[]> {
    const pins = await this.#state.pins()
    const root = await this.#state.mfs.root()
    return root === undefined ? pins : [...pins, { cid: root, type: 'recursive' }]
  }

  async #walk(roots: readonly Root[], reach: Reach): Promise<Reach> {
    const [{ parseCid }, { once, walk }] = await Promise.all([import('../../content/unixfs/index.ts'), import('../../content/dag/index.ts')])
    const visits = once()
    const add = (cid: CID): void => void reach.names.add(nameOf(cid.multihash.bytes))
    const find = async (cid: CID): Promise<Uint8Array | undefined> => {
      const block = await this.#content.blocks.sound(cid.multihash.bytes)
      if (!block) reach.gaps.set(cid.toString(), cid)
      return block
    }
    for (const { cid, type } of roots) {
      if (type === 'direct') add(parseCid(cid))
      else for await (const found of walk(find, parseCid(cid), { visits, lenient: true })) add(found)
    }
    return reach
  }
}

interface Reach {
  /** Of the node's state that it was found in. */
  readonly version: string
  readonly names: Set<string>
  /** What is not here and may have links. */
  readonly gaps: Map<string, CID>
}

interface Content {
  readonly blocks: Pick<Blocks, 'sound' | 'has'>
}

interface Root {
  readonly cid: string
  readonly type: Pin['type']
}

const nameOf = (multihash: Uint8Array): string => Buffer.from(multihash).toString('base64')
