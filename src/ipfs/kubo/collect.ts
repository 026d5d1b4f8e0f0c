import { z } from 'zod'
import type { CollectOptions, Count } from '../../content/collect/types.ts'
import { VfsError } from '../../core/error.ts'
import type { Mfs, Pin } from '../types.ts'
import type { KuboBlocks } from './blocks.ts'
import type { KuboGuards } from './guards.ts'
import { KEPT } from '../pinned.ts'
import type { KuboKeeps } from './keeps.ts'
import { everyPin } from './pins.ts'
import { LOCALLY, type Rpc } from './rpc.ts'
import { repositoryOf } from './stats.ts'

/** The daemon says nothing while it looks for what it has to leave. */
const QUIET_MS = 600_000
const AT_ONCE = 16

const Removed = z.object({ Key: z.object({ '/': z.string() }).nullish(), Error: z.string().optional() })
const Sized = z.object({ Size: z.number() })

export interface CollectedRepository {
  readonly freed: Count
  /** All that the repository holds then. */
  readonly kept: Count
}

interface Parts {
  readonly rpc: Rpc
  readonly blocks: Pick<KuboBlocks, 'found' | 'local'>
  readonly keeps: Pick<KuboKeeps, 'strays' | 'unpin'>
  readonly guards: Pick<KuboGuards, 'alone'>
  readonly mfs: Pick<Mfs, 'root'>
}

/** By Kubo's own collection, at a moment when nothing is about to be named (see KuboGuards). */
export async function collectRepository(parts: Parts, options: CollectOptions): Promise<CollectedRepository> {
  return options.dryRun ? foreseen(parts, options) : parts.guards.alone(options, () => freed(parts, options))
}

async function freed({ rpc, keeps }: Parts, { signal, onProgress }: CollectOptions): Promise<CollectedRepository> {
  const call = { signal }
  for (const stray of await keeps.strays(ours(await Array.fromAsync(everyPin(rpc, call))))) await keeps.unpin(stray, call)
  const before = await repositoryOf(rpc, call)
  let blocks = 0
  for await (const { Error: error } of rpc.lines('repo/gc', { 'stream-errors': true }, Removed, { ...call, quietMs: QUIET_MS })) {
    if (error !== undefined && error !== '') throw new VfsError('IO_ERROR', `Kubo could not collect: ${error}`, { op: 'collect' })
    blocks++
    onProgress?.('sweep', blocks)
  }
  const after = await repositoryOf(rpc, call)
  return { freed: { blocks, bytes: Math.max(0, before.RepoSize - after.RepoSize) }, kept: { blocks: after.NumObjects, bytes: after.RepoSize } }
}

/** What Kubo would leave is looked up from here: it foresees nothing itself. */
async function foreseen({ rpc, blocks, keeps, mfs }: Parts, options: CollectOptions): Promise<CollectedRepository> {
  const [{ Marks }, { inTurn }, { parseCid, rawCidOf }] = await Promise.all([
    import('../../content/collect/marks.ts'),
    import('../../content/dag/index.ts'),
    import('../../content/unixfs/index.ts'),
  ])
  const call = { signal: options.signal }
  using marks = new Marks((multihash) => blocks.found(parseCid(rawCidOf(multihash)), call), options)
  const pins = await Array.fromAsync(everyPin(rpc, call))
  const strays = new Set(await keeps.strays(ours(pins)))
  for (const { cid, type } of pins) if (!strays.has(cid)) await marks.add({ cid, reason: 'pin', recursive: type === 'recursive' })
  await marks.add({ cid: await mfs.root(call), reason: 'mfs', recursive: true })
  const loose = async (cid: string): Promise<number | undefined> =>
    marks.reasonOf(parseCid(cid).multihash.bytes) ? undefined : (await rpc.value('block/stat', { arg: cid, ...LOCALLY }, Sized, call)).Size
  const count = { blocks: 0, bytes: 0 }
  for await (const [, size] of inTurn(blocks.local(call), AT_ONCE, loose)) {
    if (size === undefined) continue
    count.blocks++
    count.bytes += size
  }
  const { NumObjects, RepoSize } = await repositoryOf(rpc, call)
  return { freed: count, kept: { blocks: NumObjects - count.blocks, bytes: Math.max(0, RepoSize - count.bytes) } }
}

const ours = (pins: readonly Pin[]): string[] => pins.filter(({ name }) => name === KEPT).map(({ cid }) => cid)
