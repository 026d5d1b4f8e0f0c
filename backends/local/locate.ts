import { parent, name, type VfsPath } from '../../src/core/path.ts'
import type { Disk } from './disk.ts'
import { isErrno } from './errors.ts'

/** The absolute path to which a path leads. From where nothing stands on, the names are taken as they are. */
export function locate(disk: Disk, path: VfsPath, itself: boolean): string {
  try {
    using spot = itself ? disk.resolver.place(path) : disk.lead(path)
    return spot.real
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error
    const folder = locate(disk, parent(path), false)
    return folder === '/' ? `/${name(path)}` : `${folder}/${name(path)}`
  }
}
