import { VfsError } from '../core/error.ts'

export interface IpfsPath {
  readonly cid: string
  readonly names: readonly string[]
}

/** Takes `<cid>`, `<cid>/a/b` and both behind `/ipfs/`. The CID itself is checked by whoever loads it. */
export function parsePath(path: string): IpfsPath {
  if (path.startsWith('/ipns/'))
    throw new VfsError('UNSUPPORTED', 'names under /ipns/ cannot be resolved yet', { hint: 'Send the CID that the name points to.' })
  const [cid = '', ...names] = path
    .replace(/^\/ipfs\//, '')
    .replace(/\/$/, '')
    .split('/')
  if (names.includes('')) throw new VfsError('INVALID_CID', `${JSON.stringify(path.slice(0, 200))} has an empty segment`)
  return { cid, names }
}
