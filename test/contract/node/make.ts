import { randomUUID } from 'node:crypto'
import type { Source } from '../../../src/content/types.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'

/** A node to try. It may be one that other cases use as well: each works on content and names of its own, and off the network. */
export interface NodeUnderTest extends AsyncDisposable {
  readonly node: IpfsNode
}

export type MakeNode = () => Promise<NodeUnderTest>

/** A name, or some content, that no other case has. */
export const unique = (prefix = 'x'): string => `${prefix}-${randomUUID()}`

export async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

/** The CID of the root of a tree. */
export async function rootOf(node: Pick<IpfsNode, 'addTree'>, sources: Iterable<Source>): Promise<string> {
  let root = ''
  for await (const { cid } of node.addTree(each(sources))) root = cid
  return root
}
