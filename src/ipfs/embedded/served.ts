import type { CID } from 'multiformats/cid'
import type { Blocks } from '../../content/blocks/blocks.ts'
import type { Pin } from '../types.ts'
import type { NodeState } from './state.ts'

/** What peers may have: only what pins and the mutable tree reach, so never a version that is kept for undo. */
export class Served {
  readonly #content: Content
  readonly #state: NodeState
  #reach: Reach = { version: '', names: new Set() }
  /** A look that has not begun. */
  #next: Promise<Reach> | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(content: Content, state: NodeState) {
    this.#content = content
    this.#state = state
  }

  /** As pins and the tree are when it is asked, or later. */
  async has(multihash: Uint8Array): Promise<boolean> {
    return (await this.#look()).names.has(nameOf(multihash))
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
    const version = await this.#state.version()
    if (version !== this.#reach.version) this.#reach = { version, names: await this.#walk(await this.#roots()) }
    return this.#reach
  }

  async #roots(): Promise<Root[]> {
    const pins = await this.#state.pins()
    const root = await this.#state.mfs.root()
    return root === undefined ? pins : [...pins, { cid: root, type: 'recursive' }]
  }

  async #walk(roots: readonly Root[]): Promise<ReadonlySet<string>> {
    const [{ parseCid }, { once, walk }] = await Promise.all([import('../../content/unixfs/index.ts'), import('../../content/dag/index.ts')])
    const reach = new Set<string>()
    const visits = once()
    const add = (cid: CID): void => void reach.add(nameOf(cid.multihash.bytes))
    for (const { cid, type } of roots) {
      if (type === 'direct') add(parseCid(cid))
      else for await (const found of walk((one) => this.#content.blocks.sound(one.multihash.bytes), parseCid(cid), { visits, lenient: true })) add(found)
    }
    return reach
  }
}

interface Reach {
  /** Of the node's state that it was found in. */
  readonly version: string
  readonly names: ReadonlySet<string>
}

interface Content {
  readonly blocks: Pick<Blocks, 'sound'>
}

interface Root {
  readonly cid: string
  readonly type: Pin['type']
}

const nameOf = (multihash: Uint8Array): string => Buffer.from(multihash).toString('base64')
