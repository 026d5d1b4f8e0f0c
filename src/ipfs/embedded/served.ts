import type { LocalContent } from '../../content/store.ts'
import type { NodeState } from './state.ts'

const NO_LINKS = new Uint8Array(0) // what an empty dag-pb block is

/** What peers may have: only what pins and the mutable tree reach, so never a version that is kept for undo. */
export class Served {
  readonly #content: LocalContent
  readonly #state: NodeState
  #key = ''
  #reach: Promise<ReadonlySet<string>> = Promise.resolve(new Set())

  constructor(content: LocalContent, state: NodeState) {
    this.#content = content
    this.#state = state
  }

  async has(multihash: Uint8Array): Promise<boolean> {
    const roots = await this.roots()
    const key = roots.join('\n')
    if (key !== this.#key) {
      this.#key = key
      this.#reach = this.#walk(roots)
    }
    return (await this.#reach).has(nameOf(multihash))
  }

  async roots(): Promise<string[]> {
    const pins = await this.#state.pins()
    const root = await this.#state.root()
    return [...pins.map(({ cid }) => cid), ...(root === undefined ? [] : [root])]
  }

  async #walk(roots: readonly string[]): Promise<ReadonlySet<string>> {
    const { parseCid, walk } = await import('../../content/unixfs/index.ts')
    const reach = new Set<string>()
    const seen = new Set<string>()
    const get = async (cid: { readonly multihash: { readonly bytes: Uint8Array } }): Promise<Uint8Array> =>
      (await this.#content.blocks.get(cid.multihash.bytes)) ?? NO_LINKS
    for (const root of roots) for await (const cid of walk(get, parseCid(root), {}, seen)) reach.add(nameOf(cid.multihash.bytes))
    return reach
  }
}

const nameOf = (multihash: Uint8Array): string => Buffer.from(multihash).toString('base64')
