import * as library from '@ipld/dag-pb'
import { compareNames } from '../../core/path.ts'
import { type Codec, CODECS } from './codec.ts'

/** Protobuf nodes: bytes, and links with names. */
export const dagPb: Codec = {
  name: 'dag-pb',
  code: CODECS['dag-pb'],
  decode: library.decode,
  encode: (value) => library.encode(sorted(value)),
  links: (block) => library.decode(block).Links.map(({ Hash }) => Hash),
}

/** The format wants links in the order of their names; the library refuses any other, and checks all the rest too. */
function sorted(value: unknown): library.PBNode {
  const node = value as library.PBNode // whatever it is: the library's `encode` validates it
  if (!Array.isArray(node?.Links)) return node
  return { ...node, Links: node.Links.toSorted((a, b) => compareNames(a?.Name ?? '', b?.Name ?? '')) }
}
