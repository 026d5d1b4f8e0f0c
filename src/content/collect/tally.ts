import type { Count, Reason } from './types.ts'

const NONE: Count = { blocks: 0, bytes: 0 }

/** What was freed, and what was kept for which reason. */
export class Tally {
  freed = NONE
  readonly kept: Record<Reason, Count> = { pin: NONE, mfs: NONE, sync: NONE, trash: NONE, version: NONE, recent: NONE }

  free(bytes: number): void {
    this.freed = more(this.freed, bytes)
  }

  keep(reason: Reason, bytes: number): void {
    this.kept[reason] = more(this.kept[reason], bytes)
  }
}

const more = ({ blocks, bytes }: Count, added: number): Count => ({ blocks: blocks + 1, bytes: bytes + added })
