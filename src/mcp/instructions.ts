import type { Offer } from './offer.ts'
import type { Served } from './parts.ts'

/** Hosts cut instructions at 2,048 characters. */
const MAX = 1_800

/** What a model should know before its first call; of a tool only where it is offered. */
export function instructions({ served, tools }: Pick<Offer, 'served' | 'tools'>): string {
  const about = ABOUT.filter(({ tool }) => tool === undefined || tools.has(tool)).map(({ text }) => text)
  const rest = about.join('\n')
  return `${whatIsServed(served, MAX - rest.length - 120)}\n${rest}`
}

const ABOUT: readonly { readonly tool?: string; readonly text: string }[] = [
  {
    tool: 'vfs_undo',
    text:
      'Every change made through these tools is journaled and can be undone, also over several files: vfs_undo takes the id of a change, or session "current" for all of yours. ' +
      'vfs_history shows the changes of a path; vfs_diff and vfs_restore work on its earlier versions. What your host’s own file tools or shell commands change is not journaled, and vfs_undo does not take it back.',
  },
  {
    tool: 'vfs_write',
    text: 'A change is refused with CONFLICT if the file changed after you read it: read it again, then repeat. Parent folders are made as needed.',
  },
  {
    text:
      'Paths are absolute, as on the host. Use these tools for work that should be undoable, for large files and folders, and between storages: results are bounded and say how to go on. ' +
      'Your host’s own tools are as good for a quick look at a small file, and the only ones that run programs.',
  },
  {
    tool: 'ipfs_add',
    text: '/ipfs/<cid>/… reads content by CID with the same tools. ipfs_add keeps content on this machine and says what would make others able to fetch it.',
  },
]

function whatIsServed(served: readonly Served[], room: number): string {
  const names = served.map(({ path, readOnly }) => (readOnly ? `${path} (read-only)` : path))
  const shown: string[] = []
  for (const name of names) if ([...shown, name].join(', ').length <= room) shown.push(name)
  const rest = names.length - shown.length
  return `Served folders: ${shown.join(', ') || 'see vfs_list_mounts'}${rest > 0 && shown.length > 0 ? `, and ${rest} more (vfs_list_mounts)` : ''}.`
}
