import { throwIfAborted } from '../../core/error.ts'
import type { Tally } from './tally.ts'
import type { Store } from './sweep.ts'
import type { CollectOptions } from './types.ts'

const AT_ONCE = 16

/**
 * Files that no row names: of adds that failed or died. Who is writing one has a guard, so they are taken only at moments
 * when there is no guard at all; where that never comes they wait for the next collection.
 */
export async function takeStrays(store: Store, tally: Tally, options: CollectOptions): Promise<void> {
  const strays: Uint8Array[] = []
  for await (const multihash of store.files.all()) {
    throwIfAborted(options.signal, 'collect')
    if (isNamed(store, multihash)) continue
    if (strays.push(multihash) === AT_ONCE) await take(store, strays.splice(0), tally, options)
  }
  await take(store, strays, tally, options)
}

async function take(store: Store, strays: readonly Uint8Array[], tally: Tally, { dryRun }: CollectOptions): Promise<void> {
  const { committer, files } = store
  const free = (stray: Uint8Array): number => (dryRun ? files.sizeOf(stray) : files.remove(stray))
  const freed = await committer.run(() => (isBusy(store) ? [] : strays.filter((each) => !isNamed(store, each)).map(free)), { durable: false })
  for (const bytes of freed) tally.free(bytes)
}

const isNamed = ({ db }: Store, multihash: Uint8Array): boolean => db.get('SELECT 1 FROM block WHERE multihash = ?', multihash) !== undefined

const isBusy = ({ db }: Store): boolean => db.get('SELECT 1 FROM guard LIMIT 1') !== undefined
