import type { Bytes, Stat, WriteOptions } from '../../src/core/backend.ts'
import { incoming } from '../../src/core/bytes.ts'
import { throwIfAborted } from '../../src/core/error.ts'
import type { VfsPath } from '../../src/core/path.ts'
import { Current } from './current.ts'
import type { Disk } from './disk.ts'
import { ifThere, refusal, Refused } from './errors.ts'
import { settled } from './move.ts'
import { chunks } from './read.ts'
import type { Spot } from './resolve.ts'
import { NEW_FILE, Stage, stagePath, unlinkIfThere } from './stage.ts'

/**
 * Staged beside its target, durable, checked, renamed, and the rename made durable, in this order (journal.md, 7 and
 * 22). A rename replaces a name only, so no other name of the old file, and no link, is written through.
 */
export async function write(disk: Disk, path: VfsPath, source: Bytes, options: WriteOptions): Promise<Stat> {
  throwIfAborted(options.signal, 'write')
  const { spot: aim, found: mode } = disk.resolver.follow(path, (at) => aimed(disk, path, at, options))
  using spot = aim
  using stage = new Stage(stagePath(spot, options.id), spot.folder.dev, options.mode ?? mode ?? disk.modeOfNew(NEW_FILE))
  await stage.fill(incoming(source, path, options.signal), options.modified)
  await options.staged?.(stage.size)
  throwIfAborted(options.signal, 'write')
  using replaced = publish(disk, path, spot, stage, options)
  const facts = disk.measure.opened(stage.fd)
  const late = replaced.moved
  return await settled('write', path, [spot], async () => {
    if (late) await options.replacedLate?.(chunks(late.fd, 0, late.size))
    return stage.stat(disk, facts)
  })
}

/** Refuses early what cannot be written, before the source is read; the mode of what stands there. */
function aimed(disk: Disk, path: VfsPath, spot: Spot, options: WriteOptions): number | undefined {
  using current = new Current(disk, spot)
  if (current.facts?.kind === 'link') throw new Refused('ELOOP')
  // The name of its target was never asked for, so it is not made.
  if (!current.exists && spot.linked) throw refusal('NOT_FOUND', 'write', path, 'is a link that leads nowhere')
  fileOrNothing(path, current)
  current.require('write', path, options)
  return current.facts?.mode
}

/** The check and the rename: nothing awaits in between, so that among writers of one process exactly one wins. */
function publish(disk: Disk, path: VfsPath, spot: Spot, stage: Stage, options: WriteOptions): Current {
  for (;;) {
    const current = new Current(disk, spot)
    try {
      if (current.facts?.kind === 'link') throw refusal('CONFLICT', 'write', path, 'was replaced by a link')
      fileOrNothing(path, current)
      current.require('write', path, options)
      if (!spot.folder.inPlace) throw refusal('CONFLICT', 'write', path, 'lies in a folder that was moved or removed meanwhile')
      if (current.facts) stage.resemble(current.facts, options.mode)
      if (stage.place(spot, current.exists)) {
        current.nameless = true
        return current
      }
    } catch (error) {
      current[Symbol.dispose]()
      throw error
    }
    // Something was made there a moment ago: it is checked and replaced like any other, not lost.
    current[Symbol.dispose]()
  }
}

function fileOrNothing(path: VfsPath, { facts }: Current): void {
  if (facts?.kind === 'directory') throw refusal('IS_DIRECTORY', 'write', path, 'is a folder')
  if (facts?.kind === 'special') throw refusal('SPECIAL_FILE', 'write', path, 'is a device, pipe or socket')
}

/** Removes what a write of this id has left beside the path. */
export function discard(disk: Disk, path: VfsPath, id: string): boolean {
  using spot = ifThere(() => disk.lead(path))
  return spot !== undefined && unlinkIfThere(stagePath(spot, id))
}
