import type { z } from 'zod'
import { VfsError } from '../core/error.ts'
import { meant } from './aliases.ts'
import { type Definition, definition, innerOf } from './definition.ts'
import { forgivePath, type Surroundings } from './forgive.ts'
import { nearest } from '../core/nearest.ts'
import { isPathInput } from './path-input.ts'

/**
 * Accepts what models send for what the schema says: numbers and booleans as strings, arrays and objects as JSON strings, one
 * string for an array of them, null for an absent argument, quiet aliases, and the paths of forgivePath. What it does not know it
 * leaves for the schema to refuse. Rejects UNKNOWN_ARGUMENT and INVALID_PATH.
 */
export async function coerce(schema: z.core.$ZodType, value: unknown, around: Surroundings): Promise<unknown> {
  if (isPathInput(schema)) return typeof value === 'string' ? forgivePath(value, around) : value
  const def = definition(schema)
  const inner = innerOf(def)
  if (inner !== undefined) return value === null ? value : coerce(inner, value, around)
  if (def.type === 'object') return coerceObject(def.shape, parsed(value, '{'), around)
  if (def.type === 'array') return coerceArray(def.element, value, around)
  return typeof value === 'string' ? coerceScalar(def.type, value) : value
}

function coerceScalar(type: Definition['type'], value: string): unknown {
  if (type === 'number' && /^\s*-?\d+(\.\d+)?\s*$/.test(value)) return Number(value)
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}

async function coerceObject(shape: z.core.$ZodShape, value: unknown, around: Surroundings): Promise<unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const known = new Set(Object.keys(shape))
  const given = new Set(Object.keys(value))
  const result: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    const name = known.has(key) ? key : meant(key, known)
    if (name === undefined || (name !== key && given.has(name))) throw unknown(key, known)
    const field = shape[name]
    if (field === undefined || (item === null && !acceptsNull(field))) continue
    result[name] = await coerce(field, item, around)
  }
  return result
}

async function coerceArray(element: z.core.$ZodType, value: unknown, around: Surroundings): Promise<unknown> {
  const list = parsed(value, '[')
  const items: unknown = typeof list === 'string' && definition(element).type === 'string' ? [list] : list
  if (!Array.isArray(items)) return items
  return Promise.all(items.map((item: unknown) => coerce(element, item, around)))
}

function parsed(value: unknown, opening: '[' | '{'): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith(opening)) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

const acceptsNull = (field: z.core.$ZodType): boolean => ['nullable', 'null'].includes(definition(field).type)

function unknown(key: string, known: ReadonlySet<string>): VfsError {
  const names = [...known]
  const short = key.toWellFormed().slice(0, 100)
  const near = meant(short, known) ?? nearest(short, names)
  const shown = JSON.stringify(short)
  const choice = near === undefined ? `it takes ${names.join(', ') || 'none'}` : `did you mean ${JSON.stringify(near)}?`
  return new VfsError('UNKNOWN_ARGUMENT', `there is no argument ${shown}; ${choice}`, { details: { argument: shown, nearest: near ?? null } })
}
