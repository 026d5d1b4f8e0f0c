import { z } from 'zod'

/** One setting: a value that is set as a whole by one source. */
export interface Key {
  /** `http.port` */
  readonly name: string
  /** `POLYMOUNT_HTTP_PORT` */
  readonly variable: string
  readonly schema: z.core.$ZodType
}

/** Every setting of a schema: all that is not an object of settings itself. */
export function keysOf(schema: z.ZodObject, prefix = ''): Key[] {
  return Object.entries(schema.shape).flatMap(([name, value]) => {
    const inner = unwrap(value)
    if (inner instanceof z.ZodObject) return keysOf(inner, `${prefix}${name}.`)
    return name.startsWith('$') ? [] : [{ name: prefix + name, variable: variable(prefix + name), schema: inner }]
  })
}

/** The keys that may still be set at a place of a value, for naming the right one. */
export function namesAt(schema: z.core.$ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  const inner = unwrap(schema)
  const [step, ...rest] = path
  if (inner instanceof z.ZodUnion) return inner.options.filter((option) => mayBe(option, value)).flatMap((option) => namesAt(option, path, value))
  if (step === undefined) return inner instanceof z.ZodObject ? Object.keys(inner.shape).filter((key) => !Object.hasOwn(Object(value), key)) : []
  const next = child(inner, String(step))
  return next ? namesAt(next, rest, (value as Record<PropertyKey, unknown> | undefined)?.[step]) : []
}

/** Without default and optional. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodLazy) return unwrap(schema.def.getter())
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return unwrap(schema.def.innerType)
  return schema instanceof z.ZodPipe ? unwrap(schema.def.in) : schema
}

function child(schema: z.core.$ZodType, step: string): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[step]
  if (schema instanceof z.ZodArray) return schema.def.element
  return schema instanceof z.ZodRecord ? schema.def.valueType : undefined
}

/** False if the member of a union is for another `type` than the value says. */
function mayBe(option: z.core.$ZodType, value: unknown): boolean {
  const type = option instanceof z.ZodObject ? option.shape['type'] : undefined
  return !(type instanceof z.ZodLiteral) || type.safeParse((value as { type?: unknown } | undefined)?.type).success
}

const variable = (name: string): string => `POLYMOUNT_${name.toUpperCase().replaceAll('.', '_')}`
