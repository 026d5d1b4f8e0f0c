import { z } from 'zod'
import { definition, innerOf } from './definition.ts'

const SHOWN = z.registry<{ readonly shown: true }>()

/**
 * Marks an output field of a text-first tool that its text shows in full (a file's content, a diff): it stays out of
 * `_meta`, so that no bulk goes to a client twice. `polymount call` has it.
 */
export const shown = <T extends z.ZodType>(schema: T): T => {
  SHOWN.add(schema, { shown: true })
  return schema
}

/** Also when it is optional, nullable or described later. */
export function isShown(schema: z.core.$ZodType): boolean {
  const inner = innerOf(definition(schema))
  return SHOWN.get(schema)?.shown === true || (inner !== undefined && isShown(inner))
}

const known = new WeakMap<z.ZodObject, ReadonlySet<string>>()

/** The fields of an output that are marked so; looked for once, since every result asks. */
export function shownFields(output: z.ZodObject): ReadonlySet<string> {
  let found = known.get(output)
  if (!found) known.set(output, (found = new Set(Object.entries(output.shape).flatMap(([name, field]) => (isShown(field) ? [name] : [])))))
  return found
}
