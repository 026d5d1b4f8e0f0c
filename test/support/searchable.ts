import type { Backend } from '../../src/core/backend.ts'
import { compareNames, join, segments, vfsPath, type VfsPath } from '../../src/core/path.ts'
import type { Searchable } from '../../src/search/types.ts'
import type { MountInfo, Walked, WalkOptions } from '../../src/vfs/types.ts'

/** One backend at `/`, as a search sees the VFS. */
export function searchable(backend: Backend): Searchable {
  const capabilities = backend.capabilities
  const stat = async (path: VfsPath) => ({ ...(await backend.stat(path)), path, mount: vfsPath('/'), capabilities })
  async function* walk(folder: VfsPath, options: WalkOptions, depth = 1): AsyncGenerator<Walked> {
    for await (const entry of backend.list(folder)) {
      const path = join(folder, entry.name)
      if (options.after === undefined || compare(path, options.after) > 0) yield { ...entry, path, depth }
      if (entry.kind === 'directory') yield* walk(path, options, depth + 1)
    }
  }
  return {
    stat,
    walk,
    open: async (path, { signal }) => ({ stat: await stat(path), read: (range = {}) => backend.read(path, { ...range, signal }) }),
    mounts: async (): Promise<MountInfo[]> => [
      { path: vfsPath('/'), name: 'test', scheme: backend.scheme, readOnly: false, versions: 'on', capabilities, usage: { calls: 0, errors: 0, open: 0 } },
    ],
  }
}

function compare(a: VfsPath, b: VfsPath): number {
  const [x, y] = [segments(a), segments(b)]
  for (const [at, name] of x.entries()) {
    const other = y[at]
    if (other === undefined) return 1
    if (name !== other) return compareNames(name, other)
  }
  return x.length - y.length
}
