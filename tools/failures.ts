import { z } from 'zod'
import type { Failure, LeftOut } from '../src/vfs/types.ts'

const failure = z.strictObject({ path: z.string(), error_code: z.string(), error: z.string() })

/** Of a work on several places: what went wrong at some of them. */
export const failures = z.array(failure)

export const failureOf = ({ path, code, message }: Failure): z.input<typeof failure> => ({ path, error_code: code, error: message })

/** Of a folder that is taken elsewhere. */
export const leftOut = {
  left_out: failures.optional().describe('Devices, pipes, sockets, and names that are no path'),
  left_out_more: z.int().optional(),
}

export const leftOutOf = ({ listed, more }: LeftOut = { listed: [], more: 0 }): { left_out?: z.input<typeof failures>; left_out_more?: number } => ({
  ...(listed.length > 0 && { left_out: listed.map(failureOf) }),
  ...(more > 0 && { left_out_more: more }),
})
