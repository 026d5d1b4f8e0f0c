import { hash } from 'node:crypto'
import type { Stat } from '../core/backend.ts'
import type { Metadata } from '../content/types.ts'
import type { Became } from './rows.ts'

/** A name in a folder that is synced. */
export interface Child {
  readonly name: string
  readonly kind: 'file' | 'directory'
  /** Of a file: what it looks like from outside. */
  stamp: string
  /** Of a symbolic link, which is a file that nobody reads: its text. */
  readonly target?: string | undefined
  readonly meta?: Metadata | undefined
  /** Bytes of content; 0 for a folder. */
  size: number
  /** undefined for a file until it is known. */
  became: Became | undefined
}

type Looks = Partial<Pick<Stat, 'etag' | 'mode' | 'modified'>>

/** What UnixFS is to keep of a file or folder beside its content. */
export const metadataOf = ({ mode, modified }: Looks, preserve: boolean | undefined): Metadata => (preserve ? { mode, modified } : {})

/** Changes whenever the link's CID can; no etag begins so. */
export const linkStamp = (target: string, looks: Looks, preserve: boolean | undefined): string => stampOf({ ...looks, etag: `-> ${target}` }, preserve)

/** Changes whenever the file's CID can. */
export const stampOf = (looks: Looks, preserve: boolean | undefined): string => `${looks.etag}${textOf(metadataOf(looks, preserve))}`

/** Changes whenever the folder's CID can. */
export function digestOf(children: readonly Child[], meta: Metadata): Uint8Array {
  let text = textOf(meta)
  for (const { name, kind, stamp, became } of children) text += `\0${name}\0${kind === 'file' ? stamp : (became?.cid ?? '')}`
  return hash('sha256', text, 'buffer')
}

const textOf = ({ mode, modified }: Metadata): string => (mode === undefined && modified === undefined ? '' : ` ${mode} ${modified?.getTime()}`)
