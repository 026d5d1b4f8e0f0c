import { expect, test } from 'vitest'
import { z } from 'zod'
import { inputSchema, outputSchema } from '../../../src/registry/json-schema.ts'
import { vfsPathInput } from '../../../src/registry/path-input.ts'

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
