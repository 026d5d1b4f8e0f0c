import type { Backend } from '../core/backend.ts'
import { READ_ONLY as BARE } from '../core/base.ts'
import { VfsError } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'
import { forward } from './forward.ts'

/** Refuses every change with READ_ONLY, whatever the storage could do; nor is there a trash. */
export function readOnly(inner: Backend): Backend {
  const refuse =
    (op: string) =>
    async (path: VfsPath): Promise<never> => {
      throw new VfsError('READ_ONLY', `${path} may only be read`, { op, path, backend: inner.scheme })
    }
  const { content_addressed, by_cid, modes, cas } = inner.capabilities
  return forward(inner, {
    capabilities: Object.freeze({ ...BARE, content_addressed, by_cid, modes, cas }),
    trash: undefined,
    write: refuse('write'),
    discard: async () => false,
    mkdir: refuse('mkdir'),
    remove: refuse('remove'),
    rename: refuse('rename'),
    copy: refuse('copy'),
    graft: refuse('graft'),
  })
}
