import { VfsError } from '../../src/core/error.ts'
import { under, type VfsPath, vfsPath, within } from '../../src/core/path.ts'
import type { Storages } from '../../src/storages/types.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { z } from 'zod'

export const backend = z.string().describe('Name from mbfs_list_backends')
export const key = z.string().min(1).describe('Path in it')

/** The VFS path of a key: whatever is done there follows the rules, and the journal, of the one file system. */
export async function pathOf(storages: Storages, vfs: Vfs, name: string, given: string): Promise<VfsPath> {
  return vfs.reach({ path: mountPath(name), name, backend: await storages.open(name) }, innerOf(given))
}

/** The path of a key where no mount shows its storage by another. */
export const keyPath = (name: string, given: string): VfsPath => under(mountPath(name), innerOf(given))

export const innerOf = (given: string): VfsPath => vfsPath(`/${given.replace(/^\/+|\/+$/g, '')}`)

/** The path of a copy again: its storage may not be mounted yet in this process. */
export async function pathAgain(storages: Storages, vfs: Vfs, path: VfsPath): Promise<VfsPath> {
  const [, name, given] = /^\/backends\/([^/]+)\/(.+)$/.exec(path) ?? []
  return name === undefined || given === undefined ? path : pathOf(storages, vfs, decodeURIComponent(name), given)
}

/** What is no text is the name of nothing. */
const mountPath = (name: string): VfsPath => vfsPath(`/backends/${encodeURIComponent(name.toWellFormed())}`)

/** The key of a path below one of its storage. */
export function keyOf(root: VfsPath, path: VfsPath): string {
  if (!within(root, path)) throw new VfsError('INTERNAL', `${path} is no key`)
  return root === '/' ? path.slice(1) : path.slice(root.length + 1)
}
