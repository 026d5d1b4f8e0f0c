import type { Call } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import type { Names } from './network-types.ts'

export interface IpfsPath {
  readonly cid: string
  readonly names: readonly string[]
}

/** Takes `<cid>`, `<cid>/a/b` and both behind `/ipfs/`. The CID itself is checked by whoever loads it. */
export function parsePath(path: string): IpfsPath {
  const [cid = '', ...names] = split(path.replace(/^\/ipfs\//, ''), path)
  return { cid, names }
}

/** The same, and `/ipns/<name>/a/b`: as what the name points to now. */
export async function located(path: string, names: Pick<Names, 'resolve'>, call: Call = {}): Promise<IpfsPath> {
  return parsePath(isName(path) ? await names.resolve(path, { ...call, recursive: true }) : path)
}

/** The name of `/ipns/<name>/a/b`, or of a name alone, and what stands behind it. */
export function parseName(path: string): { readonly name: string; readonly names: readonly string[] } {
  const [name = '', ...names] = split(path.replace(/^\/ipns\//, ''), path)
  return { name, names }
}

export const isName = (path: string): boolean => path.startsWith('/ipns/')

function split(path: string, whole: string): string[] {
  const names = path.replace(/\/$/, '').split('/')
  if (names.slice(1).includes('')) throw new VfsError('INVALID_CID', `${JSON.stringify(whole.slice(0, 200))} has an empty segment`)
  return names
}
