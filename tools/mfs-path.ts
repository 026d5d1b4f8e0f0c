import { z } from 'zod'
import { vfsPath, type VfsPath } from '../src/core/path.ts'

/** Where every gateway mounts the tree. */
const MFS = '/mfs'

/** A path of the mutable tree, with or without `/mfs` before it, as the VFS knows it. */
export const mfsPath = z.string().max(4096).describe('MFS path').transform(inTree)

/** Rejects INVALID_PATH. */
export function inTree(path: string): VfsPath {
  const below = `/${path}`.replace(/^\/+(mfs(?=\/|$))?\/*/, '/')
  return vfsPath(below === '/' ? MFS : MFS + below)
}
