import { fchmodSync, mkdirSync } from 'node:fs'
import { isCode } from '../../src/core/error.ts'
import { folderMode } from '../../src/core/folder-mode.ts'
import type { VfsPath } from '../../src/core/path.ts'
import type { Disk } from './disk.ts'
import { fault, isErrno, refusal } from './errors.ts'
import { Folder } from './folder.ts'
import { settled } from './move.ts'

const NEW_FOLDER = 0o777 // less the umask

export async function mkdir(disk: Disk, path: VfsPath, wanted: number | undefined): Promise<void> {
  using spot = disk.resolver.place(path)
  const mode = wanted === undefined ? disk.modeOfNew(NEW_FOLDER) : folderMode(wanted)
  try {
    mkdirSync(spot.at, mode)
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
    return existing(disk, path)
  }
  await settled('mkdir', path, [spot], async () => {
    if (mode === undefined) return
    using made = new Folder(spot.at, spot.real)
    fchmodSync(made.fd, mode)
    await made.sync()
  })
}

/** A folder that is there will do, also one to which a link leads. */
function existing(disk: Disk, path: VfsPath): void {
  try {
    disk.resolver.enter(path)[Symbol.dispose]()
  } catch (error) {
    if (isCode(fault(error, 'mkdir', path), 'NOT_FOUND', 'NOT_DIRECTORY')) throw refusal('ALREADY_EXISTS', 'mkdir', path, 'exists already, and is no folder')
    throw error
  }
}
