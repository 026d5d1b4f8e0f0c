import type { Backend } from '../../src/core/backend.ts'
import { vfsPath } from '../../src/core/path.ts'
import type { Searchable } from '../../src/search/types.ts'
import { describeMount } from '../../src/vfs/health.ts'
import { MountTable } from '../../src/vfs/mounts.ts'
import { Policy } from '../../src/vfs/policy.ts'
import { Reading } from '../../src/vfs/reading.ts'
import { Targets } from '../../src/vfs/target.ts'

/** The reading half of a VFS: a search needs no journal. One backend is mounted at `/`. */
export function searchable(mounts: Backend | Readonly<Record<string, Backend>>, rules: { readonly deny?: readonly string[] } = {}): Searchable {
  const table = new MountTable()
  for (const [path, backend] of Object.entries('scheme' in mounts ? { '/': mounts as Backend } : mounts))
    table.add({ path: vfsPath(path), name: path, backend })
  const policy = new Policy(rules)
  const reading = new Reading(new Targets(table, policy))
  return {
    stat: (path, call) => reading.stat(path, call),
    walk: (path, options) => reading.walk(path, options),
    open: (path, call) => reading.open(path, call),
    inThread: (paths) => reading.inThread(paths),
    mounts: () => Promise.all([...table.all()].map(describeMount)),
  }
}
