import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfAborted, VfsError } from '../../core/error.ts'
import { Committer } from '../../sqlite/committer.ts'
import { Hold } from '../../sqlite/hold.ts'
import { openShared } from '../../sqlite/shared.ts'
import { shrink } from '../../sqlite/shrink.ts'
import { BlockFiles } from '../blocks/files.ts'
import { COLLECTION } from '../blocks/guards.ts'
import { MIGRATIONS } from '../blocks/schema.ts'
import { type Bounds, Epoch } from './epoch.ts'
import { type FindBlock, Marks } from './marks.ts'
import { takeStrays } from './strays.ts'
import { Sweep } from './sweep.ts'
import { Tally } from './tally.ts'
import type { Collected, CollectOptions, Root } from './types.ts'

const ATTEMPTS = 20
const BETWEEN_MS = 10

export interface Collection {
  /** The data folder. */
  readonly folder: string
  readonly find: FindBlock
  /** Read after the collection has begun, in an order in which no name can move from what is to be read to what was read. */
  readonly roots: () => AsyncIterable<Root>
}

/**
 * Frees the blocks that no root reaches (journal.md, 19), while others write. Rejects BUSY while another collection of the
 * data folder runs, and INVALID_BLOCK or NOT_FOUND, having freed nothing, where it cannot be known what is reached.
 */
export async function collect(collection: Collection, options: CollectOptions = {}): Promise<Collected> {
  const run = join(collection.folder, 'run')
  mkdirSync(run, { recursive: true, mode: 0o700 })
  const hold = await heldSoon(run, options)
  try {
    return await collecting(collection, options)
  } finally {
    hold.release()
  }
}

/** A process that looks whether a collector has died has its hold for a moment; whoever collects keeps it. */
async function heldSoon(run: string, { signal }: CollectOptions): Promise<Hold> {
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(signal, 'collect')
    const hold = Hold.try(run, COLLECTION)
    if (hold) return hold
    if (attempt === ATTEMPTS) throw new VfsError('BUSY', 'another process is collecting now', { op: 'collect' })
    await sleep(BETWEEN_MS)
  }
}

async function collecting({ folder, find, roots }: Collection, options: CollectOptions): Promise<Collected> {
  await using stack = new AsyncDisposableStack()
  const db = stack.adopt(await openShared(join(folder, 'blocks.db'), MIGRATIONS), async (opened) => opened.close())
  const store = { db, committer: new Committer(db), files: new BlockFiles(join(folder, 'blocks')) }
  const marks = stack.use(new Marks(find, options))
  const tally = new Tally()
  const epoch = new Epoch(db, store.committer, folder)
  const bounds = await (options.dryRun ? epoch.foresee() : epoch.begin())
  if (!options.dryRun) stack.defer(() => epoch.end())
  for await (const root of all(bounds, roots)) await marks.add(root)
  await new Sweep(store, bounds.below, tally, options).run((multihash) => marks.reasonOf(multihash))
  await takeStrays(store, tally, options)
  if (!options.dryRun) await shrink(db, store.committer, options)
  return { freed: tally.freed, kept: tally.kept, missing: marks.missing }
}

async function* all({ named }: Bounds, roots: () => AsyncIterable<Root>): AsyncGenerator<Root> {
  yield* roots()
  for (const cid of named) yield { cid, reason: 'recent', recursive: true }
}
