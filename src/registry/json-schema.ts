import { z } from 'zod'

export type JsonSchema = Record<string, unknown>

/** What a caller sends. */
export const inputSchema = once((schema) => toJson(schema, 'input'))

/** What a caller gets, without the envelope. */
export const outputSchema = once((schema) => toJson(schema, 'output'))

/** Making one costs a hundred times as much as the rest of tools/list, so each is made once, and only if somebody asks. */
function once(make: (schema: z.ZodObject) => JsonSchema): (schema: z.ZodObject) => JsonSchema {
  const kept = new WeakMap<z.ZodObject, JsonSchema>()
  return (schema) => {
    const json = kept.get(schema) ?? make(schema)
    kept.set(schema, json)
    return json
  }
}

function toJson(schema: z.ZodObject, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any', override: ({ jsonSchema }) => dropNoise(jsonSchema) })
  return json
}

/** Zod's own safe-integer bounds and its pattern beside a format say nothing to a model and cost tokens in every session. */
function dropNoise(json: z.core.JSONSchema.BaseSchema): void {
  if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum
  if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum
  if (json.format !== undefined) delete json.pattern
  if (json.propertyNames !== undefined) delete json.propertyNames
}
