import { z } from 'zod'
import type { Failure } from '../../src/vfs/types.ts'

const failure = z.strictObject({ path: z.string(), error_code: z.string(), error: z.string() })

/** Of a work on several places: what went wrong at some of them. */
export const failures = z.array(failure)

export const failureOf = ({ path, code, message }: Failure): z.input<typeof failure> => ({ path, error_code: code, error: message })
