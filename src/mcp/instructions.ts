import type { Served } from './parts.ts'

/** Hosts cut instructions at 2,048 characters. */
const MAX = 1_800

const ABOUT = `Every change made through these tools is journaled and can be undone, also over several files: vfs_undo takes a change id or session "current"; vfs_history shows the changes, vfs_diff and vfs_restore earlier versions. A write is refused with CONFLICT if the file changed after you read it: read it again, then repeat.
Use these tools for work that must be undoable, for large files and folders, and to copy between storages: they page, bound their output and accept host paths. Your host's own file tools are as good for a quick look, but what they or shell commands change is not in the journal, and vfs_undo does not take it back.
/ipfs/<cid>/… reads content by CID; ipfs_add publishes nothing by itself.`

/** What a model should know before its first call. */
export function instructions(served: readonly Served[]): string {
  const room = MAX - ABOUT.length - 100
  const names: string[] = []
  for (const { path, readOnly } of served) {
    const name = readOnly ? `${path} (read-only)` : path
    if (names.join(', ').length + name.length > room) break
    names.push(name)
  }
  const more = served.length > names.length ? `, and ${served.length - names.length} more (vfs_list_mounts)` : ''
  return `Served folders, at their own absolute paths: ${names.join(', ') || '/local'}${more}.\n${ABOUT}`
}
