import { pipeline } from 'node:stream/promises'
import { type Pack, pack as newPack } from 'tar-stream'
import type { Bytes, Call } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'
import type { Node } from '../../content/types.ts'
import type { IpfsNode } from '../types.ts'

/** A file or folder as a tar archive, below its CID as Kubo's `get` names it. The tree has been surveyed. Symbolic links are left out. */
export async function* tarOf(node: Pick<IpfsNode, 'list' | 'read'>, root: Node, call: Call = {}): Bytes {
  const pack = newPack()
  const filling = fill(pack, node, root, call).then(
    () => pack.finalize(),
    (error: unknown) => pack.destroy(error instanceof Error ? error : new VfsError('INTERNAL', 'the tar failed', { cause: error })),
  )
  try {
    for await (const part of pack) yield part as Uint8Array
  } finally {
    pack.destroy()
    await filling
  }
}

async function fill(pack: Pack, node: Pick<IpfsNode, 'list' | 'read'>, at: Node, call: Call, path = at.cid): Promise<void> {
  if (at.kind === 'link') return
  await pipeline(at.kind === 'file' ? node.read(at.cid, call) : [], pack.entry(headerOf(at, path)))
  if (at.kind === 'directory') for await (const entry of node.list(at.cid, call)) await fill(pack, node, entry, call, `${path}/${entry.name}`)
}

/** UnixFS keeps no owner, and rarely modes and times: what it does not say is the same in every archive. */
const headerOf = ({ kind, size, mode, modified = new Date(0) }: Node, path: string): Parameters<Pack['entry']>[0] =>
  kind === 'directory'
    ? { name: `${path}/`, type: 'directory', mode: mode ?? 0o755, mtime: modified }
    : { name: path, type: 'file', size, mode: mode ?? 0o644, mtime: modified }
