import type { IpfsNode } from '../types.ts'

export interface Side {
  readonly node: Pick<IpfsNode, 'engine' | 'guard' | 'blocks' | 'pins' | 'mfs' | 'names'>
  /** As a protobuf of libp2p; undefined: this one cannot be had from here. Only a person moves keys, and no tool ever sees one. */
  readKey(name: string): Promise<Uint8Array | undefined>
}

/** What was carried, what the target had already, and what stayed behind, with the reason. */
export interface Carried {
  readonly carried: number
  readonly already: number
  readonly left: readonly string[]
}

export interface Migrated {
  readonly pins: Carried
  readonly mfs: Carried & { readonly root: string; readonly same: boolean }
  readonly keys: Carried
  /** Of the keys that both have: what was published by them. */
  readonly names: Carried
  /** Sent over; what the target had is sent again only if it hung on something that was missing there. */
  readonly blocks: number
  readonly bytes: number
}
