import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtin } from '../../../src/registry/discover.ts'
import { declarations } from '../../../src/registry/inventory.ts'
import { needsCluster } from '../../support/cluster.ts'
import { CALLS, type EveryTool, everyTool } from '../../support/every-tool.ts'
import { HOSTS } from '../../support/hosts.ts'

let opened: EveryTool

beforeAll(async () => void (opened = await everyTool()))
afterAll(() => opened[Symbol.asyncDispose]())

/** Without these a model cannot go on: guard its next change, take this one back, or read the rest. */
const NEEDED = ['etag', 'change', 'next_offset', 'next_cursor']

/** What names entries by their paths: a model goes on with these. */
const LISTING = new Set(['vfs_ls', 'vfs_tree', 'vfs_find'])

function listed(result: Readonly<Record<string, unknown>>, list: string, field: string): string[] {
  const items = result[list]
  return Array.isArray(items) ? items.flatMap((item) => (typeof item?.[field] === 'string' ? [item[field]] : [])) : []
}

/** True if a path of an entry is told: in JSON, or by a line that begins with the whole of it, with what is below the folder, or as in a tree. */
function shows(text: string, path: string, folder: string): boolean {
  const below = path.slice(folder.length + 1).split('/')
  const forms = [path, below.join('/'), '  '.repeat(below.length) + String(below.at(-1))]
  const heads = forms.flatMap((form) => [form, `${form}/`, `${form}@`])
  return text.includes(JSON.stringify(path)) || text.split('\n').some((line) => heads.some((head) => line === head || line.startsWith(`${head}  `)))
}

const tools = [...declarations(await builtin()).keys()]

test('every tool has its call here', () => {
  expect(Object.keys(CALLS).toSorted()).toEqual(tools)
})

test.for(Object.keys(CALLS))('a model sees all it needs of %s in every host', async (tool, context) => {
  if (tool.startsWith('ipfs_cluster_')) await needsCluster(context)
  const { ok, text, raw, result } = await opened.session.call(tool, CALLS[tool]?.(opened))
  expect(ok, text).toBe(true)
  const facts = NEEDED.flatMap((field) => (typeof result[field] === 'string' || typeof result[field] === 'number' ? [String(result[field])] : []))
  for (const seen of Object.values(HOSTS)) {
    expect(seen(raw).length).toBeGreaterThan(0)
    expect(seen(raw).length).toBeLessThanOrEqual(100_000)
    for (const fact of facts) expect(seen(raw)).toContain(fact)
    for (const change of listed(result, 'changes', 'change')) expect(seen(raw)).toContain(change)
    for (const path of listed(result, 'entries', 'path')) expect(seen(raw), path).toSatisfy((said: string) => shows(said, path, String(result['path'])))
  }
  expect(listed(result, 'entries', 'path').length > 0).toBe(LISTING.has(tool))
})

test.each(Object.keys(HOSTS))('a model is told what went wrong and what to do in a host that shows %s', async (host) => {
  const { raw } = await opened.session.call('vfs_read', { path: opened.at('none.txt') })
  const seen = HOSTS[host]?.(raw) ?? ''
  expect(seen).toMatch(/^NOT_FOUND: /)
  expect(seen).toContain('none.txt')
  expect(seen).toMatch(/\. .+\./)
})
