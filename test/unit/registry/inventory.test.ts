import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Services } from '../../../src/registry/services.ts'
import { tool, type ToolSpec } from '../../../src/registry/tool.ts'
import { inventory } from '../../../src/registry/inventory.ts'
import { registryOf } from '../../support/toolset.ts'

const Empty = z.object({})
const good = { name: 'salt_read', title: 'Read salt', description: 'Read salt.', effect: 'read', input: Empty, output: Empty } as const
type Spec = ToolSpec<typeof Empty, typeof Empty>

const saltWith = (spec: Spec) =>
  class Salt {
    static readonly toolset = 'salt'
    @tool(spec)
    async read(): Promise<Record<string, never>> {
      return {}
    }
  }
const open = (exports: Record<string, unknown>, file = 'salt/salt.tools.ts') => registryOf({ builtin: [{ file, exports }] })

test('a toolset is built with the services it asks for, and shows its tools by name', async () => {
  const services = { vfs: 'the vfs' } as unknown as Services
  class Two {
    readonly got: unknown
    constructor(given: Pick<Services, 'vfs'>) {
      this.got = given.vfs
    }
    @tool({ ...good, name: 'two_b' })
    async b(): Promise<Record<string, never>> {
      return {}
    }
    @tool({ ...good, name: 'two_a' })
    async a(): Promise<Record<string, never>> {
      return {}
    }
  }
  const tools = inventory([{ file: 'two/two.tools.ts', exports: { Two, other: 5 } }], services)
  expect([...tools.values()].map(({ name, toolset }) => [name, toolset])).toEqual([
    ['two_a', 'two'],
    ['two_b', 'two'],
  ])
  expect(await tools.get('two_a')?.load()).toMatchObject({ method: 'a', instance: { got: 'the vfs' } })
})

test.each<[string, Spec, RegExp]>([
  ['a name in capitals', { ...good, name: 'Salt' }, /name like/],
  ['a name that is too short', { ...good, name: 'ab' }, /name like/],
  ['a name that is too long', { ...good, name: `a${'b'.repeat(64)}` }, /name like/],
  ['no title', { ...good, title: '' }, /title/],
  ['a description without a verb', { ...good, description: 'The salt.' }, /begins with "The"/],
  ['an empty description', { ...good, description: '' }, /begins with ""/],
  ['a wrong effect', { ...good, effect: 'maybe' as 'read' }, /effect/],
  ['an input that is no object', { ...good, input: z.string() as unknown as typeof Empty }, /zod objects/],
  ['no output', { ...good, output: undefined as unknown as typeof Empty }, /zod objects/],
  ['an output that takes the envelope’s name', { ...good, output: z.object({ status: z.string() }) }, /status/],
])('%s is refused with the name of the file', async (_, spec, message) => {
  await expect(open({ Salt: saltWith(spec) })).rejects.toMatchObject({
    code: 'TOOL_INVALID',
    message: expect.stringMatching(message),
    details: { file: 'salt/salt.tools.ts', tool: spec.name },
  })
})

test('a name that is taken is refused, naming both files', async () => {
  const modules = ['a/a.tools.ts', 'b/b.tools.ts'].map((file) => ({ file, exports: { Salt: saltWith(good) } }))
  await expect(registryOf({ builtin: modules })).rejects.toMatchObject({ message: expect.stringMatching(/b\/b\.tools\.ts.*declared in a\/a\.tools\.ts/) })
})

test.each([
  ['no class', { a: 5 }],
  [
    'a class whose decorators nobody compiled',
    {
      Plain: class {
        read(): void {}
      },
    },
  ],
])('a file with %s is refused', async (_, exports) => {
  await expect(open(exports)).rejects.toMatchObject({ code: 'TOOL_INVALID', message: expect.stringContaining('salt/salt.tools.ts') })
})

test('a class that names no toolset in a folder that names none is refused', async () => {
  class Nameless {
    @tool(good)
    async read(): Promise<Record<string, never>> {
      return {}
    }
  }
  await expect(open({ Nameless }, 'nameless.tools.ts')).rejects.toMatchObject({ message: expect.stringContaining('static "toolset"') })
  expect((await open({ Nameless }, 'salt/x.tools.ts')).tools.get('salt_read')?.toolset).toBe('salt')
})

test('a subclass does not write into its base’s list', async () => {
  const Base = saltWith(good)
  class Derived extends Base {
    @tool({ ...good, name: 'salt_more' })
    async more(): Promise<Record<string, never>> {
      return {}
    }
  }
  expect([...(await open({ Base })).tools.keys()]).toEqual(['salt_read'])
  expect([...(await open({ Derived })).tools.keys()]).toEqual(['salt_more'])
})
