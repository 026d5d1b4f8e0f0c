import type { CID } from 'multiformats/cid'
import { verifies } from '../content/blocks/multihash.ts'
import { VfsError } from '../core/error.ts'
import { MAX_BLOCK_BYTES } from './types.ts'

/** Of a CID that holds its content itself. */
export const IDENTITY = 0x00

/** What to do with content that is too large for a block. */
export const CUT_IT = 'Add large content with ipfs_add, which cuts it into blocks.'

/** Of a block that a caller hands in. Rejects as NodeBlocks.put does. */
export function checkBlock(cid: CID, bytes: Uint8Array): void {
  if (bytes.length > MAX_BLOCK_BYTES)
    throw new VfsError('FILE_TOO_LARGE', `the block of ${cid.toString()} has ${bytes.length} bytes; no peer takes more than ${MAX_BLOCK_BYTES}`, {
      hint: CUT_IT,
    })
  if (!isBlockOf(cid, bytes))
    throw new VfsError('INVALID_BLOCK', `the block given for ${cid.toString()} is something else`, {
      retryable: false,
      hint: 'Send the bytes that the CID stands for.',
    })
}

/** Rejects UNSUPPORTED. */
export const isBlockOf = ({ multihash }: CID, bytes: Uint8Array): boolean =>
  multihash.code === IDENTITY ? Buffer.from(multihash.digest).equals(bytes) : verifies(multihash.bytes, bytes)
