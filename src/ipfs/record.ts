import { IPNSEntry } from '@helia/ipns'
import { decode } from '@ipld/dag-cbor'
import { z } from 'zod'
import type { Signed } from './network-types.ts'

const integer = z.union([z.number(), z.bigint()])
const Data = z.object({ Value: z.instanceof(Uint8Array), Validity: z.instanceof(Uint8Array), Sequence: integer, TTL: integer.default(0) })

/** What an IPNS record says, also one that has expired. Who did not make it verifies it first. */
export function signedBy({ data }: Pick<IPNSEntry, 'data'>): Signed {
  const { Value, Validity, Sequence, TTL } = Data.parse(decode(data ?? new Uint8Array()))
  return { value: textOf(Value), sequence: Number(Sequence), expires: Date.parse(textOf(Validity)), ttl: Number(TTL) / 1e6 }
}

export const readRecord = (record: Uint8Array): Signed => signedBy(IPNSEntry.decode(record))

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
