import { VfsError } from '../core/error.ts'
import type { Mount } from './mounts.ts'
import type { MountInfo } from './types.ts'

const PATIENCE = 2000 // ms for a storage to say that it lives

/** A mount as a caller sees it; one whose storage is down is told with its error, and holds up nobody. */
export async function describeMount(mount: Mount): Promise<MountInfo> {
  const { path, name, backend, readOnly, versions } = mount
  const error = await problem(mount)
  return {
    path,
    name,
    scheme: backend.scheme,
    readOnly,
    versions,
    capabilities: backend.capabilities,
    usage: mount.usage,
    notes: backend.notes(),
    ...(error && { error }),
  }
}

async function problem({ backend, path }: Mount): Promise<VfsError | undefined> {
  try {
    await backend.check({ signal: AbortSignal.timeout(PATIENCE) })
    return undefined
  } catch (error) {
    if (error instanceof VfsError) return error
    return new VfsError('UNAVAILABLE', `the storage at ${path} does not answer`, { op: 'check', path, cause: error })
  }
}
