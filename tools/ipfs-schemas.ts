import { z } from 'zod'
import { KEPT } from '../src/ipfs/pinned.ts'

/** Where only a folder or file makes sense, or a block of any kind. */
export const cid = z.string().min(1).max(4096).describe('CID, or path under /ipfs/ or /ipns/')
export const pinName = z
  .string()
  .min(1)
  .max(255)
  .refine((name) => Buffer.byteLength(name) <= 255, 'must take 255 bytes at most')
  .refine((name) => name !== KEPT, 'is the name that polymount gives to what it keeps itself')
export const kind = z.enum(['file', 'directory', 'link'])
export const entry = z.strictObject({ name: z.string(), cid: z.string(), size: z.int(), kind })
/** Of what the content store tells of a node, what `entry` holds. */
export const entryOf = ({ name, cid: of, size, kind: what }: z.output<typeof entry>): z.output<typeof entry> => ({ name, cid: of, size, kind: what })

export const limit = z.int().min(1).max(1000).default(200)
export const nextCursor = z.string().nullable()

const MAX_PIECE = 1024 * 1024
export const offset = z.int().min(0).default(0).describe('Bytes')
export const length = z
  .int()
  .min(1)
  .max(MAX_PIECE)
  .default(32 * 1024)
  .describe('Bytes')
