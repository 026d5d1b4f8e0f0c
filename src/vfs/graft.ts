import type { Stat } from '../core/backend.ts'
import type { VersionStore } from '../journal/types.ts'
import { guardLarge, keepLarge, keepSmall, type Keeping } from './keep.ts'
import { expect } from './precondition.ts'
import type { Cause, Steps } from './step.ts'
import { snapshot, statOrNull, type Target } from './target.ts'
import type { Changed } from './types.ts'
import type { WriteWish } from './write.ts'

export type GraftWish = Omit<WriteWish, 'append' | 'mode' | 'newMode'>

export interface GraftParts {
  readonly steps: Steps
  readonly versions: VersionStore
}

/** Puts a file or folder by its CID, in one journaled step; what it replaces, whichever of the two, is kept. */
export async function graft({ steps, versions }: GraftParts, target: Target, cid: string, cause: Cause, wish: GraftWish): Promise<Changed> {
  const { signal } = cause
  const { backend } = target.mount
  const before = await statOrNull(target, signal)
  await expect('write', target, before, wish, signal)
  await using _ = await guardLarge(before, versions)
  const keeping = await kept(target, before, versions, signal)
  const seen = before && { ...snapshot(before), cid: before.cid ?? keeping?.cid }
  const facts = { before: seen, kept: keeping?.kept, content: keeping?.content, after: { cid }, parents: wish.parents }
  return await steps.run(wish.kind ?? 'write', target, cause, facts, async (change) => {
    if (!keeping && before) await change.note({ kept: await keepLarge(target, before, change.id, versions, signal) })
    const stat = await backend.graft(target.inner, cid, { signal, ...(before ? { ifMatch: before.etag } : { ifNoneMatch: '*' }) })
    return { stat, bytes: stat.size }
  })
}

/** undefined where it has to go under the change's id: a folder cannot be read into a version. */
async function kept(target: Target, before: Stat | null, versions: VersionStore, signal?: AbortSignal): Promise<Keeping | undefined> {
  const { capabilities } = target.mount.backend
  if (before?.kind === 'directory' && target.mount.versions === 'on' && !capabilities.content_addressed) return undefined
  return keepSmall(target, before && { stat: before }, versions, signal)
}
