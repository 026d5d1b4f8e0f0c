import type { ToolContext } from '../../src/registry/tool.ts'
import { formatSize } from '../../src/text/encoding.ts'

/** What came, and from whom. */
export class Tally {
  readonly #progress: ToolContext['progress']
  readonly #senders = new Map<string, { blocks: number; bytes: number }>()
  #blocks = 0
  #bytes = 0

  constructor(progress: ToolContext['progress']) {
    this.#progress = progress
  }

  add(bytes: number, from: string | undefined): void {
    this.#bytes += bytes
    this.#progress(this.#bytes, undefined, `${++this.#blocks} blocks, ${formatSize(this.#bytes)}`)
    if (from === undefined) return
    const sender = this.#senders.get(from) ?? { blocks: 0, bytes: 0 }
    this.#senders.set(from, { blocks: sender.blocks + 1, bytes: sender.bytes + bytes })
  }

  get blocks(): number {
    return this.#blocks
  }

  get providers(): { provider: string; blocks: number; bytes: number }[] {
    return [...this.#senders].map(([provider, sent]) => ({ provider, ...sent }))
  }
}
