import type { CID } from 'multiformats/cid'

/** One way to write IPLD values as blocks. Values are of the IPLD data model, as the libraries of multiformats show it. */
export interface Codec {
  readonly name: CodecName
  readonly code: number
  decode(block: Uint8Array): unknown
  encode(value: unknown): Uint8Array
  /** In the order of the block. */
  links(block: Uint8Array): CID[]
}

export const CODECS = { raw: 0x55, 'dag-pb': 0x70, 'dag-cbor': 0x71, 'dag-json': 0x0129 } as const
export type CodecName = keyof typeof CODECS
