import { pipeline } from 'node:stream/promises'
import { type Pack, pack as newPack } from 'tar-stream'
import type { Bytes, Call } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'
import { staysBelow } from '../../core/path.ts'
import type { Node } from '../../content/types.ts'
import type { IpfsNode } from '../types.ts'

type TarNode = Pick<IpfsNode, 'list' | 'read'>

interface Filling extends Call {
  /** Told of each symbolic link that leads out of the tree: who unpacks the archive must be led nowhere else. */
  readonly onLeftOut?: (() => void) | undefined
}

/** A file or folder as a tar archive, below its CID as Kubo's `get` names it. The tree has been surveyed. */
export async function* tarOf(node: TarNode, root: Node, options: Filling = {}): Bytes {
  const pack = newPack()
  const filling = fill(pack, node, root, options).then(
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

async function fill(pack: Pack, node: TarNode, at: Node, options: Filling, path = at.cid): Promise<void> {
  if (at.kind === 'link') return fillLink(pack, at, options, path)
  await pipeline(at.kind === 'file' ? node.read(at.cid, options) : [], pack.entry(headerOf(at, path)))
  if (at.kind === 'directory') for await (const entry of node.list(at.cid, options)) await fill(pack, node, entry, options, `${path}/${entry.name}`)
}

async function fillLink(pack: Pack, { target, modified = new Date(0) }: Node, options: Filling, path: string): Promise<void> {
  const inside = path.slice(path.indexOf('/') + 1)
  if (target === undefined || !staysBelow(inside, target)) return options.onLeftOut?.()
  await pipeline([], pack.entry({ name: path, type: 'symlink', linkname: target, mode: 0o777, mtime: modified }))
}

/** UnixFS keeps no owner, and rarely modes and times: what it does not say is the same in every archive. */
const headerOf = ({ kind, size, mode, modified = new Date(0) }: Node, path: string): Parameters<Pack['entry']>[0] =>
  kind === 'directory'
    ? { name: `${path}/`, type: 'directory', mode: mode ?? 0o755, mtime: modified }
    : { name: path, type: 'file', size, mode: mode ?? 0o644, mtime: modified }
