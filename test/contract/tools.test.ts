import { describe as suite, expect, test } from 'vitest'
import { describe } from '../../src/mcp/descriptor.ts'
import { builtin } from '../../src/registry/discover.ts'
import { declarations } from '../../src/registry/inventory.ts'

const tools = [...declarations(await builtin()).values()]
const described = tools.map((tool) => [tool.name, describe(tool)] as const)

test('the default toolset is small', () => {
  expect(tools.filter((tool) => tool.core).length).toBeLessThanOrEqual(20)
})

suite.each(described)('%s', (name, tool) => {
  test('is shown as it was (vitest run test/contract/tools.test.ts --update)', async () => {
    await expect(`${JSON.stringify(tool, null, 2)}\n`).toMatchFileSnapshot(`tools/${name}.snap`)
  })

  test('says all four hints', () => {
    expect(tool.annotations).toEqual({
      readOnlyHint: expect.any(Boolean),
      destructiveHint: expect.any(Boolean),
      idempotentHint: expect.any(Boolean),
      openWorldHint: expect.any(Boolean),
    })
  })

  test('takes one plain object', () => {
    expect(Object.keys(tool.inputSchema)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(anyOf|oneOf|allOf|not)$/)]))
  })

  test('is one sentence for a model, of less than 300 characters', () => {
    expect(tool.description).toMatch(/^[A-Z][^]{5,299}[.)]$/)
  })
})

test.each(described.filter(([name]) => name.startsWith('vfs_')))('%s stays in the world of the gateway', (_, tool) => {
  expect(tool.annotations?.openWorldHint).toBe(false)
})
