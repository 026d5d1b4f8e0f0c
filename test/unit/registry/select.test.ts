import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Selection } from '../../../src/registry/select.ts'
import { tool } from '../../../src/registry/tool.ts'
import { registryOf } from '../../support/toolset.ts'

const base = { title: 'T', description: 'Read it.', input: z.object({}), output: z.object({}) }

class Salt {
  static readonly toolset = 'salt'
  @tool({ ...base, name: 'salt_read', effect: 'read', core: true })
  async read(): Promise<Record<string, never>> {
    return {}
  }
  @tool({ ...base, name: 'salt_write', effect: 'write' })
  async write(): Promise<Record<string, never>> {
    return {}
  }
}
class Pepper {
  static readonly toolset = 'pepper'
  @tool({ ...base, name: 'pepper_write', effect: 'write', core: true })
  async write(): Promise<Record<string, never>> {
    return {}
  }
}

const registry = await registryOf({ classes: { Salt, Pepper } })
const names = (selection: Selection) => [...registry.view(selection).tools.keys()]

test.each<[string, Selection, string[]]>([
  ['core', { toolsets: ['core'] }, ['pepper_write', 'salt_read']],
  ['all', { toolsets: ['all'] }, ['pepper_write', 'salt_read', 'salt_write']],
  ['a toolset by its name', { toolsets: ['salt'] }, ['salt_read', 'salt_write']],
  ['a toolset and a tool', { toolsets: ['pepper'], tools: ['salt_read'] }, ['pepper_write', 'salt_read']],
  ['all but one', { toolsets: ['all'], excludeTools: ['salt_write'] }, ['pepper_write', 'salt_read']],
  ['only readers', { toolsets: ['all'], readOnly: true }, ['salt_read']],
])('%s', (_, selection, expected) => {
  expect(names(selection)).toEqual(expected)
})

test.each<[string, Selection, string]>([
  ['toolset', { toolsets: ['sallt'] }, 'did you mean "salt"?'],
  ['tool', { toolsets: [], tools: ['salt_raed'] }, 'did you mean "salt_read"?'],
  ['excluded tool', { toolsets: [], excludeTools: ['nothing_of_the_kind'] }, 'there are'],
])('an unknown %s is named with its nearest', (_, selection, message) => {
  expect(() => names(selection)).toThrow(message)
})

test('what a door does not show cannot be called there', async () => {
  const call = { actor: { client: 'me' }, signal: new AbortController().signal }
  expect((await registry.view({ toolsets: ['pepper'] }).invoke('salt_read', {}, call)).envelope).toMatchObject({ error_code: 'UNKNOWN_TOOL' })
  expect((await registry.view({ toolsets: ['salt'] }).invoke('salt_read', {}, call)).ok).toBe(true)
})
