import { expect, test } from 'vitest'
import { z } from 'zod'
import { inputSchema, outputSchema } from '../../../src/registry/json-schema.ts'
import { isPathInput, vfsPathInput } from '../../../src/registry/path-input.ts'
import { isShown, shown } from '../../../src/registry/shown.ts'

const schema = z.strictObject({
  path: vfsPathInput('Where'),
  count: z.int().min(1).default(5),
  at: z.iso.datetime().optional(),
  any: z.record(z.string(), z.unknown()).optional(),
})

test('a schema says what a model needs and no more', () => {
  expect(inputSchema(schema)).toEqual({
    type: 'object',
    properties: {
      path: { type: 'string', description: 'Where' },
      count: { type: 'integer', minimum: 1, default: 5 },
      at: { type: 'string', format: 'date-time' },
      any: { type: 'object', additionalProperties: {} },
    },
    required: ['path'],
    additionalProperties: false,
  })
  expect(outputSchema(schema)).toMatchObject({ required: ['path', 'count'] })
})

test('a schema is made once', () => {
  expect(inputSchema(schema)).toBe(inputSchema(schema))
})

test('what is shown stays so when it is wrapped or described', () => {
  const field = shown(z.string())
  expect([field, field.optional(), field.nullable().optional(), field.describe('x'), z.string()].map(isShown)).toEqual([true, true, true, true, false])
})

test('a path stays one when it is wrapped or described', () => {
  expect([vfsPathInput(), vfsPathInput('Where').describe('There'), z.string()].map(isPathInput)).toEqual([true, true, false])
})
