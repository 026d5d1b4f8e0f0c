import type { CID } from 'multiformats/cid'
import type { LocalContent } from '../../content/store.ts'
import type { Pin } from '../types.ts'
import type { NodeState } from './state.ts'

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
    const roots = await this.#roots()
    const key = roots.map(({ cid, type }) => cid + type).join('\n')
    if (key !== this.#key) {
      this.#key = key
      this.#reach = this.#walk(roots)
    }
    return (await this.#reach).has(nameOf(multihash))
  }

  async roots(): Promise<string[]> {
    return (await this.#roots()).map(({ cid }) => cid)
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
      else for await (const found of walk((one) => this.#content.blocks.get(one.multihash.bytes), parseCid(cid), { visits, lenient: true })) add(found)
    }
    return reach
  }
}

interface Root {
  readonly cid: string
  readonly type: Pin['type']
}

const nameOf = (multihash: Uint8Array): string => Buffer.from(multihash).toString('base64')
