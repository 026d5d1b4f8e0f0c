import type { Resource } from '@modelcontextprotocol/server'
import { VfsError } from '../../core/error.ts'
import { join, type VfsPath } from '../../core/path.ts'
import type { Entry } from '../../core/backend.ts'
import { isKnown } from '../../core/times.ts'
import type { MountInfo, Vfs, VfsCall } from '../../vfs/types.ts'
import { DIRECTORY, mimeOf } from './mime.ts'
import { toUri } from './uri.ts'

const PAGE = 500

/** One page of a folder as resources (SEP-2640); the cursor is the last name of the page before. */
export async function readDirectory(
  vfs: Vfs,
  path: VfsPath,
  cursor: string | undefined,
  call: VfsCall,
): Promise<{ resources: Resource[]; nextCursor?: string }> {
  const after = cursor === undefined ? undefined : nameOf(cursor)
  const entries: Entry[] = []
  for await (const entry of vfs.list(path, { ...call, after, details: true })) {
    if (entries.push(entry) > PAGE) break
  }
  const page = entries.slice(0, PAGE)
  const last = entries.length > PAGE ? page.at(-1) : undefined
  return {
    resources: page.map((entry) => resource(path, entry)),
    ...(last !== undefined && { nextCursor: Buffer.from(last.name).toString('base64url') }),
  }
}

/** The mounts: where everything begins. */
export async function listMounts(vfs: Vfs): Promise<{ resources: Resource[] }> {
  const mounts = await vfs.mounts()
  return { resources: mounts.map(mountResource) }
}

const mountResource = ({ path, scheme, readOnly, error }: MountInfo): Resource => ({
  uri: toUri(path),
  name: path,
  mimeType: DIRECTORY,
  description: `${scheme}${readOnly ? ', read-only' : ''}${error === undefined ? '' : `, ${error.code}: ${error.message}`}`,
})

const resource = (folder: VfsPath, { name, kind, size, modified }: Entry): Resource => ({
  uri: toUri(join(folder, name)),
  name,
  mimeType: kind === 'directory' ? DIRECTORY : mimeOf(name),
  ...(kind === 'file' && size !== undefined && { size }),
  ...(isKnown(modified) && { annotations: { lastModified: modified.toISOString() } }),
})

function nameOf(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString()
  if (name === '' || name.includes('/')) throw new VfsError('INVALID_CURSOR', 'the cursor is not of this folder')
  return name
}
