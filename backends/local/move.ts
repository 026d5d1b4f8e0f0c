import type { CopyOptions, MoveOptions, Stat } from '../../src/core/backend.ts'
import { afterwards } from '../../src/core/effect.ts'
import { throwIfAborted } from '../../src/core/error.ts'
import { type VfsPath, within as below } from '../../src/core/path.ts'
import { Current } from './current.ts'
import type { Disk, Opened } from './disk.ts'
import { fault, refusal } from './errors.ts'
import { moveFile, moveFolder } from './exact.ts'
import { type Facts, sameContentTime } from './facts.ts'
import { chunks } from './read.ts'
import type { Spot } from './resolve.ts'
import { Stage, stagePath } from './stage.ts'
import { within } from './way.ts'

/** A link is moved itself. */
export async function rename(disk: Disk, from: VfsPath, to: VfsPath, { ifMatch, signal }: MoveOptions): Promise<void> {
  throwIfAborted(signal, 'rename')
  using source = disk.resolver.place(from)
  using current = new Current(disk, source)
  if (from === to && current.exists) return current.require('rename', from, { ifMatch })
  const before = movable(disk, 'rename', from, source, current)
  current.require('rename', from, { ifMatch })
  if (before.kind === 'directory' && below(from, to)) throw refusal('INVALID_ARGUMENT', 'rename', from, 'cannot be moved into itself')
  using target = targetOf(disk, 'rename', to)
  if (source.real === target.real) return
  if (within(source.real, target.folder.real)) throw refusal('INVALID_ARGUMENT', 'rename', from, 'cannot be moved into itself')
  const moved = before.kind === 'directory' ? moveFolder(source.at, target.at) : moveFile(source.at, target.at)
  if (!moved) throw refusal('ALREADY_EXISTS', 'rename', to, 'exists already')
  await settled('rename', from, [target, source], () => void (current.now && disk.etags.carry(before, current.now)))
}

/** Bytes pass through us, unless the disk can share them between two files. */
export async function copy(disk: Disk, from: VfsPath, to: VfsPath, { id, ifMatch, signal }: CopyOptions): Promise<Stat> {
  throwIfAborted(signal, 'copy')
  const { spot, found } = disk.resolver.follow(from, (at) => disk.open('copy', from, at))
  using source = spot
  using opened = found
  if (ifMatch !== undefined && ifMatch !== '*' && !disk.matches(opened, ifMatch)) throw refusal('CONFLICT', 'copy', from, `has changed since ${ifMatch}`)
  using target = targetOf(disk, 'copy', to)
  if (source.real === target.real) return await disk.stat('copy', from, source, opened.facts, signal)
  if (disk.look(target)) throw refusal('ALREADY_EXISTS', 'copy', to, 'exists already')
  using stage = await duplicate(opened, target, id, signal)
  if (!sameContentTime(opened.facts, disk.measure.opened(opened.fd))) throw refusal('CONFLICT', 'copy', from, 'was changed while it was copied')
  if (!stage.place(target, false)) throw refusal('ALREADY_EXISTS', 'copy', to, 'exists already')
  const facts = disk.measure.opened(stage.fd)
  return await settled('copy', to, [target], () => stage.stat(disk, facts))
}

async function duplicate(source: Opened, target: Spot, id: string | undefined, signal: AbortSignal | undefined): Promise<Stage> {
  const path = stagePath(target, id)
  const shared = await Stage.cloned(path, target.folder.dev, source)
  if (shared) return shared
  const stage = new Stage(path, target.folder.dev, source.facts.mode)
  try {
    await stage.fill(chunks(source.fd, 0, source.facts.size, { signal, reuse: true }))
    return stage
  } catch (error) {
    stage[Symbol.dispose]()
    throw error
  }
}

function targetOf(disk: Disk, op: string, to: VfsPath): Spot {
  try {
    return disk.resolver.place(to)
  } catch (error) {
    throw fault(error, op, to)
  }
}

/** What stands there and may be moved or removed. Rejects NOT_FOUND, SPECIAL_FILE, and what would take the root or the data folder along. */
export function movable(disk: Disk, op: string, path: VfsPath, spot: Spot, { facts }: Current): Facts {
  if (!facts) throw refusal('NOT_FOUND', op, path, 'does not exist')
  if (spot.name === '') throw refusal('INVALID_ARGUMENT', op, path, 'is the root of its storage')
  if (facts.kind === 'special') throw refusal('SPECIAL_FILE', op, path, 'is a device, pipe or socket')
  if (facts.kind === 'directory') disk.secret.spare(spot.real)
  return facts
}

/**
 * Makes a change of names durable, and does what else is left. It has taken place by now, so that nothing may be told as if it had not: what
 * fails, or a folder that was moved meanwhile, rejects OUTCOME_UNKNOWN, and whoever looks at the place next finds out (journal.md, 7 and 9).
 */
export function settled<T>(op: string, path: VfsPath, spots: readonly Spot[], last: () => T | Promise<T>): Promise<T> {
  const finish = async (): Promise<T> => {
    for (const { folder } of spots) {
      await folder.sync()
      if (!folder.inPlace) throw refusal('CONFLICT', op, path, 'lies in a folder that was moved or removed meanwhile')
    }
    return await last()
  }
  return afterwards(() => finish().catch((error: unknown) => Promise.reject(fault(error, op, path))), { op, path, backend: 'local' })
}
