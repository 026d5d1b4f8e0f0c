import { setTimeout } from 'node:timers/promises'
import type { KIT } from '../../../../src/registry/kit.ts'
import type { ToolContext } from '../../../../src/registry/tool.ts'

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
/** Longer than the door waits between two reports of progress. */
const STEP_MS = 150

/** The tools that the suite calls by name, as a user's own tools: all that is under test stands below them. */
export default function fixtures({ z, declare, VfsError }: typeof KIT) {
  class Fixtures {
    static readonly toolset = 'conformance'

    async text() {
      return { text: 'This is a simple text response for testing.' }
    }

    async image(_: unknown, { attach }: ToolContext) {
      attach({ type: 'image', data: PIXEL, mimeType: 'image/png' })
      return {}
    }

    async fails(): Promise<never> {
      throw new VfsError('INVALID_INPUT', 'This tool intentionally returns an error for testing')
    }

    async progress(_: unknown, { progress }: ToolContext) {
      for (const done of [0, 50, 100]) {
        progress(done, 100)
        await setTimeout(STEP_MS)
      }
      return {}
    }

    /** As a user who has changed a tool's file does. */
    async change() {
      process.kill(process.pid, 'SIGHUP')
      return {}
    }
  }

  const fixture = (method: keyof Fixtures, name: string, description: string): void =>
    declare(Fixtures, method, { name, title: name, description, effect: 'read', input: z.object({}), output: z.strictObject({}) })

  declare(Fixtures, 'text', {
    name: 'test_simple_text',
    title: 'Simple text',
    description: 'Return a text.',
    effect: 'read',
    input: z.object({}),
    output: z.strictObject({ text: z.string() }),
    text: ({ text }) => String(text),
  })
  fixture('image', 'test_image_content', 'Return an image.')
  fixture('fails', 'test_error_handling', 'Return an error.')
  fixture('progress', 'test_tool_with_progress', 'Report progress three times.')
  fixture('change', 'test_trigger_tool_change', 'Read the tools again.')
  return Fixtures
}
