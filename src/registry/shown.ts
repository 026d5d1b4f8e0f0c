import { z } from 'zod'

const SHOWN = z.registry<{ readonly shown: true }>()

/**
 * Marks an output field of a text-first tool that its text shows in full (a file's content, a diff): it stays out of
 * `_meta`, so that no bulk goes to a client twice. `polymount call` has it.
 */
export const shown = <T extends z.ZodType>(schema: T): T => {
  SHOWN.add(schema, { shown: true })
  return schema
}

export const isShown = (schema: z.core.$ZodType): boolean => SHOWN.get(schema)?.shown === true
