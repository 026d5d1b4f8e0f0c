import type { Call } from '../core/backend.ts'
import { rawDigest } from '../core/cid.ts'
import { isCode } from '../core/error.ts'
import type { UnixfsReader } from '../content/unixfs/index.ts'
import { located } from './path.ts'
import type { IpfsNode } from './types.ts'

type Reader = Pick<UnixfsReader, 'resolve'>

/** The CID at the end of a path: by folders, which the reader remembers; where one is no folder, through blocks of other codecs. */
export async function resolvePath(node: Pick<IpfsNode, 'blocks' | 'names'>, path: string, reader: () => Promise<Reader>, call?: Call): Promise<string> {
  const { cid, names } = await located(path, node.names, call)
  if (names.length === 0 && rawDigest(cid)) return cid
  try {
    return await (await reader()).resolve(cid, names, call)
  } catch (error) {
    if (!isCode(error, 'NOT_UNIXFS')) throw error
    const { blockAt } = await import('./dag/index.ts')
    return (await blockAt(node, path, call)).toString()
  }
}
