import type { z } from 'zod'

export type Definition = z.core.$ZodTypes['_zod']['def']

/** What a schema is made of. By zod's public `def` and not by classes, since a tool of the user's own may bring its own copy of zod. */
export const definition = (schema: z.core.$ZodType): Definition => (schema as z.ZodType).def as Definition

/** The schema that an optional, default, nullable or transformed one is built on. */
export function innerOf(def: Definition): z.core.$ZodType | undefined {
  if (def.type === 'pipe') return def.in
  return def.type === 'optional' || def.type === 'default' || def.type === 'prefault' || def.type === 'nullable' || def.type === 'readonly'
    ? def.innerType
    : undefined
}
