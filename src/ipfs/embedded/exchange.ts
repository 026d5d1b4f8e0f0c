import type { Stats } from '../types.ts'
import { UNCOUNTED } from '../uncounted.ts'

type Bitswap = Stats['bitswap']

/** Counts what this node asks peers for, and what they deliver. What it delivers to them the library does not tell. */
export class Exchange {
  readonly #wanted = new Map<string, number>()
  #blocks = 0
  #bytes = 0

  /** `fetch` is given what it has to call with the library's events. */
  async asking(cid: string, fetch: (onProgress: (event: { readonly type: string }) => void) => Promise<Uint8Array>): Promise<Uint8Array> {
    let byPeer = false
    this.#want(cid, 1)
    try {
      const block = await fetch(({ type }) => (byPeer ||= type === 'bitswap:block'))
      if (byPeer) this.#count(block)
      return block
    } finally {
      this.#want(cid, -1)
    }
  }

  counted(peers: readonly string[]): Bitswap {
    return { ...UNCOUNTED.bitswap, blocksReceived: this.#blocks, dataReceived: this.#bytes, wantlist: [...this.#wanted.keys()], peers }
  }

  #count(block: Uint8Array): void {
    this.#blocks++
    this.#bytes += block.length
  }

  #want(cid: string, change: number): void {
    const wants = (this.#wanted.get(cid) ?? 0) + change
    if (wants > 0) this.#wanted.set(cid, wants)
    else this.#wanted.delete(cid)
  }
}
