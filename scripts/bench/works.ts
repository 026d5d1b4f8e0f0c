import type { Contestant, Running } from './contestant.ts'
import type { Material } from './material.ts'
import { inFlight, oneByOne, timed } from './measure.ts'
import type { Row } from './row.ts'

/** One piece of work that both servers do. */
export interface Work extends Pick<Row, 'work' | 'unit' | 'limit'> {
  /** Ours may be so many times theirs, or must be. */
  readonly most?: number
  readonly least?: number
  readonly rounds: number
  /** What the lowest server does beside answering. */
  readonly floor?: string
  measure(who: Contestant, at: Running, material: Material): Promise<number>
}

const KIB = 1024
const MIB = 1 << 20
const CALLS = 200

export const WORKS: readonly Work[] = [
  {
    work: 'read 1 KiB, one by one (p50)',
    unit: 'ms',
    most: 0.6,
    rounds: 5,
    limit: 'two JSON-RPC messages through the SDK on both sides, which alone take more than the target here (floor); then six system calls',
    floor: 'and opens, looks at, reads, looks at and closes the file',
    measure: (who, { call }, { small }) => oneByOne(CALLS, (at) => who.read(call, small[at % small.length] ?? '')),
  },
  {
    work: 'read 1 KiB, 16 in flight',
    unit: 'ops/s',
    least: 2,
    rounds: 5,
    limit: 'the SDK: the client parses what all servers send in one thread; and the system calls',
    floor: 'and opens, looks at, reads, looks at and closes the file',
    measure: (who, { call }, { small }) => inFlight(16, 10 * CALLS, (at) => who.read(call, small[at % small.length] ?? '')),
  },
  {
    work: 'write 1 KiB (p50); ours fsynced, journaled and versioned',
    unit: 'ms',
    most: 1,
    rounds: 5,
    limit: 'the disk: journal, file and folder are flushed, in this order; the peer flushes nothing',
    floor: 'and flushes what we flush',
    measure: (who, { call }, { root }) => oneByOne(CALLS, (at) => who.write(call, `${root}/${who.name}-${at % 20}.txt`, `${at}`.padEnd(KIB, '.'))),
  },
  {
    work: 'read 10 MiB of text',
    unit: 'MiB/s',
    least: 10,
    rounds: 2,
    limit: 'JSON strings of the pieces, written and parsed',
    measure: async (who, { call }, { large }) => 10_000 / (await timed(async () => expect(await who.readLarge(call, large), 10 * MIB))),
  },
  {
    work: 'list a folder of 10,000',
    unit: 'ms',
    most: 1,
    rounds: 3,
    limit: 'the bound of an answer: four of them, with name, path and kind of each entry beside the text',
    floor: 'four of them, with such entries',
    measure: (who, { call }, { wide }) => timed(async () => expect(await who.list(call, wide), 10_000)),
  },
  {
    work: 'find 5,000 of 50,000 files by name',
    unit: 'ms',
    most: 0.5,
    rounds: 3,
    limit: 'the walk: a readdir for each folder',
    measure: (who, { call }, { deep }) => timed(async () => expect(await who.find(call, deep), 5000)),
  },
]

function expect(found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`found ${found} instead of ${wanted}`)
}
