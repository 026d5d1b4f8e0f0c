import { z } from 'zod'
import type { Node } from '../../src/content/types.ts'
import type { Bytes } from '../../src/core/backend.ts'
import { counted } from '../../src/core/bytes.ts'
import { linkItself } from '../../src/content/link-itself.ts'
import { type VfsPath, vfsPath } from '../../src/core/path.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { ToolContext } from '../../src/registry/tool.ts'
import { formatSize } from '../../src/text/encoding.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { tellProgress } from '../vfs/progress.ts'
import { callOf } from '../vfs/schemas.ts'
import { pageOf } from './page.ts'

export interface Written {
  readonly bytes: number
  readonly change: string | null
  /** Of a folder; undefined where all of it went along. */
  readonly linksLeftOut?: number | undefined
}

const SHOWN = 20 // paths

/** What lies below a root, of which the first are named. */
export const Below = z.strictObject({
  entries: z.int().describe('Below the path'),
  first: z.array(z.string()),
  links_left_out: z.int(),
})
export type Below = z.input<typeof Below>

export const NOTHING_BELOW: Below = { entries: 0, first: [], links_left_out: 0 }

/** What cannot be written is found out before anything is. Rejects UNSUPPORTED for a symbolic link. */
export async function surveyed(node: IpfsNode, root: Node, { signal }: ToolContext): Promise<Below> {
  if (root.kind === 'link') throw linkItself(root.cid)
  if (root.kind === 'file') return NOTHING_BELOW
  const { survey, pathsBelow } = await import('../../src/ipfs/dag/archives.ts')
  const { entries, links } = await survey(node, root.cid, { signal })
  const { page: first } = await pageOf(pathsBelow(node, root.cid, { signal }), SHOWN)
  return { entries: entries - links, first: [...first], links_left_out: links }
}

/** A file or folder of IPFS as files, in one change. */
export async function writeTree(vfs: Vfs, cid: string, to: VfsPath, context: ToolContext): Promise<Written> {
  return vfs.copy(vfsPath(`/ipfs/${cid}`), to, { ...callOf(context), recursive: true, onProgress: tellProgress(context) })
}

/** One new file. */
export async function writeFile(vfs: Vfs, to: VfsPath, content: Bytes, context: ToolContext): Promise<Written> {
  return vfs.write(
    to,
    counted(content, (bytes) => context.progress(bytes, undefined, formatSize(bytes))),
    { ...callOf(context), ifNoneMatch: '*', parents: true },
  )
}
