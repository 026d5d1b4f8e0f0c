import { z } from 'zod'

export type JsonSchema = Record<string, unknown>

const KEPT = new WeakMap<z.ZodObject, { readonly input: JsonSchema; readonly output: JsonSchema }>()

/** What a caller sends. Made once per schema: making it costs a hundred times as much as the rest of tools/list. */
export const inputSchema = (schema: z.ZodObject): JsonSchema => schemas(schema).input

/** What a caller gets, without the envelope. */
export const outputSchema = (schema: z.ZodObject): JsonSchema => schemas(schema).output

function schemas(schema: z.ZodObject): { readonly input: JsonSchema; readonly output: JsonSchema } {
  const kept = KEPT.get(schema) ?? { input: toJson(schema, 'input'), output: toJson(schema, 'output') }
  KEPT.set(schema, kept)
  return kept
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
