import { z } from 'zod'
import { schema } from '../../src/gateway.ts'

/** The configuration file's schema, for editors. A file need not set anything: what a process cannot do without has a default. */
export function configJsonSchema(): string {
  const { required: _, ...json } = z.toJSONSchema(schema, { io: 'input' })
  return `${JSON.stringify({ title: 'polymount.json', ...json }, null, 2)}\n`
}
