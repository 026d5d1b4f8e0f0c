import type { Call, Precondition } from '../../core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../../core/error.ts'
import type { VfsPath } from '../../core/path.ts'
import type { Node } from '../../content/types.ts'
import type { TreeNode } from './types.ts'
import { Overtaken } from '../overtaken.ts'
import { etagOf } from '../view.ts'

/** undefined where nothing stands. Rejects NOT_DIRECTORY below a file. */
export async function present(node: TreeNode, path: VfsPath, call?: Call): Promise<Node | undefined> {
  try {
    return await node.mfs.stat(path, call)
  } catch (error) {
    if (isCode(error, 'NOT_FOUND')) return undefined
    throw error
  }
}

export async function required(node: TreeNode, path: VfsPath, call?: Call): Promise<Node> {
  const here = await present(node, path, call)
  if (!here) throw new VfsError('NOT_FOUND', 'does not exist')
  return here
}

export function check(here: Node | undefined, { ifMatch, ifNoneMatch }: Precondition): void {
  const etag = here && etagOf(here.cid)
  if (ifNoneMatch !== undefined && etag !== undefined) throw new VfsError('CONFLICT', `exists already, at ${etag}`)
  if (ifMatch === undefined || (etag !== undefined && (ifMatch === '*' || ifMatch === etag))) return
  throw new VfsError('CONFLICT', `is at ${etag ?? 'nothing'}, not at ${ifMatch}`)
}

/** Who is overtaken so often gives up: each time somebody else got on. */
const MOST_LOOKS = 100

/**
 * Looks, then changes exactly what was seen; if somebody was faster, looks again. `look` refuses what must not be and
 * gives the change, which is Overtaken where it no longer fits; every other CONFLICT is the caller's. Rejects BUSY.
 */
export async function exactly<T>({ signal }: Call, look: () => Promise<() => Promise<T>>): Promise<T> {
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    throwIfAborted(signal)
    const change = await look()
    try {
      return await change()
    } catch (error) {
      if (!(error instanceof Overtaken) && !isCode(error, 'ALREADY_EXISTS')) throw error
    }
  }
  throw new VfsError('BUSY', 'others kept changing what stands there')
}
