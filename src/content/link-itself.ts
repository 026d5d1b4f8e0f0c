import { VfsError } from '../core/error.ts'

/** Of a symbolic link that is to be read. */
export const linkItself = (cid: string): VfsError =>
  new VfsError('UNSUPPORTED', `${cid} is a symbolic link, which has no content of its own`, {
    hint: 'Read what it names by the path of that; ipfs_get with format=tar keeps the links of a folder.',
  })
