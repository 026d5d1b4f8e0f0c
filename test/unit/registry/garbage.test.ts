import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { CODES } from '../../../src/core/codes.ts'
import { render } from '../../../src/mcp/render.ts'
import { vfsPathInput } from '../../../src/registry/path-input.ts'
import { tool } from '../../../src/registry/tool.ts'
import { garbage } from '../../support/garbage.ts'
import { registryOf } from '../../support/toolset.ts'

const Input = z.object({
  path: vfsPathInput(),
  to: vfsPathInput().optional(),
  limit: z.int().min(1).max(9).default(1),
  deep: z.object({ edits: z.array(z.object({ old_string: z.string(), kind: z.enum(['a', 'b']).nullable() })) }).optional(),
  any: z.unknown(),
})
const Output = z.strictObject({})

class Everything {
  static readonly toolset = 'everything'

  @tool({ name: 'take_everything', title: 'Take', description: 'Take everything.', effect: 'read', input: Input, output: Output })
  async take(): Promise<Record<string, never>> {
    return {}
  }
}

const NO_ERROR = { code: 'success', message: 'path' }

test('whatever is sent, the answer is a success or names field and rule', async () => {
  const registry = await registryOf({ classes: { Everything } })
  const call = { actor: { client: 'me' }, signal: new AbortController().signal }
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(garbage(Input), async (args) => {
      const outcome = await registry.invoke('take_everything', args, call)
      const said = JSON.stringify(render(outcome))
      expect(said.length).toBeLessThanOrEqual(30_000)
      expect(said).not.toMatch(/\bat .*\.ts:\d+|node_modules/)
      const { code, message } = outcome.envelope.status === 'error' ? { code: outcome.envelope.error_code, message: outcome.envelope.error } : NO_ERROR
      seen.add(code)
      expect(['success', ...Object.keys(CODES)]).toContain(code)
      expect(message).toMatch(/^\w[\w.]*: .|argument|path/)
    }),
    { numRuns: 3_000 },
  )
  expect([...seen].toSorted()).toEqual(['INVALID_INPUT', 'INVALID_PATH', 'UNKNOWN_ARGUMENT', 'success'])
})
