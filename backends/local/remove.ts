import { type Dirent, readdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Call, Precondition } from '../../src/core/backend.ts'
import { throwIfAborted } from '../../src/core/error.ts'
import type { VfsPath } from '../../src/core/path.ts'
import { Current } from './current.ts'
import type { Disk } from './disk.ts'
import { ifThere, refusal } from './errors.ts'
import { Folder } from './folder.ts'
import { shown } from './names.ts'
import { movable, settled } from './move.ts'

const AT_ONCE = 500 // names removed before others get their turn

export type RemoveOptions = Call & Precondition & { readonly recursive?: boolean | undefined }

/** A link goes itself; nothing is followed below a folder either. */
export async function remove(disk: Disk, path: VfsPath, options: RemoveOptions): Promise<void> {
  throwIfAborted(options.signal, 'remove')
  using spot = ifThere(() => disk.resolver.place(path))
  using current = spot && new Current(disk, spot)
  if (!spot || !current?.exists) {
    if (options.ifMatch !== undefined) throw refusal('CONFLICT', 'remove', path, 'is not there')
    return
  }
  const { kind } = movable(disk, 'remove', path, spot, current)
  current.require('remove', path, options)
  if (kind !== 'directory') unlinkSync(spot.at)
  else {
    if (options.recursive) await clear(disk, spot.at, spot.real, options.signal)
    rmdirSync(spot.at)
  }
  await settled('remove', path, [spot], () => undefined)
}

/** Empties a folder, the deepest first, by names as they are on the disk: ours, pipes and sockets too. */
export async function clear(disk: Disk, path: string | Buffer, real: string, signal?: AbortSignal): Promise<void> {
  using folder = new Folder(path, real)
  disk.secret.admit(folder)
  let done = 0
  for (const entry of namesIn(folder)) {
    throwIfAborted(signal, 'remove')
    if (++done % AT_ONCE === 0) await breathe()
    const at = folder.child(entry.name)
    if (entry.isDirectory()) {
      await clear(disk, at, `${real}/${shown(entry.name)}`, signal)
      rmdirSync(at)
    } else unlinkSync(at)
  }
}

const namesIn = (folder: Folder): Dirent<Buffer>[] => readdirSync(folder.self, { withFileTypes: true, encoding: 'buffer' })
