import { z } from 'zod'
import type { CidFormat } from '../../src/content/types.ts'

export const cidVersion = z.union([z.literal(0), z.literal(1)])
export const hash = z.enum(['sha2-256', 'sha2-512']).optional()

interface FormatInput {
  readonly cid_version?: 0 | 1 | undefined
  readonly hash?: CidFormat['hash'] | undefined
}

/** As Kubo reads its options: a hash function that is named needs version 1. */
export const formatOf = ({ cid_version = 1, hash: named }: FormatInput): CidFormat =>
  named === undefined ? { version: cid_version, hash: 'sha2-256' } : { version: 1, hash: named }
