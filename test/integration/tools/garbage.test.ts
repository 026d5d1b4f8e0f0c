import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CODES } from '../../../src/core/codes.ts'
import { render } from '../../../src/mcp/render.ts'
import { builtin } from '../../../src/registry/discover.ts'
import type { Outcome } from '../../../src/registry/envelope.ts'
import { declarations } from '../../../src/registry/inventory.ts'
import { Database } from '../../../src/sqlite/database.ts'
import { garbage } from '../../support/garbage.ts'
import { openTestGateway, type TestGateway } from '../../support/gateway.ts'

/** Words of files outside, of our own code, and of the machine below. */
const LEAKS = /root:x:0|\bat .*\.ts:\d+:\d+|node_modules|ENOENT|EACCES|EISDIR|ENOTDIR|EINVAL|SQLITE/

/** No answer gives back megabytes of what was sent. */
const MOST = 100_000

/** Of each issue, field and rule, where the schema was broken. */
function namesIssues(outcome: Outcome): boolean {
  if (outcome.ok || outcome.envelope.error_code !== 'INVALID_INPUT') return true
  const { issues } = outcome.envelope.context
  return Array.isArray(issues) && issues.length > 0 && issues.every(({ field, rule }) => isNamed(field) && isNamed(rule))
}

const isNamed = (what: unknown): boolean => typeof what === 'string' && what !== ''

let opened: TestGateway

/** Not served: beside the folder that is. */
const beside = (path: string): string => join(opened.work, '../beside', path)

beforeAll(async () => {
  opened = await openTestGateway({ files: { 'a.txt': 'salt\n', 'folder/b.txt': 'b' } })
  await mkdir(beside('folder'), { recursive: true })
  for (const path of ['f', 'folder/g']) await writeFile(beside(path), `beside ${path}`)
})
afterAll(() => opened[Symbol.asyncDispose]())

const tools = declarations(await builtin())

test.each([...tools.values()])('$name answers any garbage with a success or a mapped error, and leaks nothing', async ({ name, input }) => {
  const { gateway, logged, work } = opened
  const places = ['', '/a.txt', '/folder', '/folder/b.txt', '/none'].map((path) => work + path)
  const signal = AbortSignal.timeout(60_000)
  await fc.assert(
    fc.asyncProperty(garbage(input, places), async (args) => {
      const outcome = await gateway.registry.invoke(name, args, { actor: { client: 'garbage', session: 's1' }, signal })
      expect(logged).toEqual([])
      expect(Object.keys({ ...CODES, none: 0 })).toContain(outcome.ok ? 'none' : outcome.envelope.error_code)
      expect(outcome).toSatisfy(namesIssues, 'names field and rule of each issue')
      const answer = JSON.stringify(render(outcome))
      expect(answer).not.toMatch(LEAKS)
      expect(answer.length).toBeLessThan(MOST)
      expect(Reflect.has({}, 'polluted')).toBe(false)
    }),
    { numRuns: 150, timeout: 20_000 },
  )
})

test('after all of it no change is left in the middle, and what is not served is as it was', async () => {
  const home = join(opened.work, '..')
  const journal = new Database(join(home, 'data/journal.db'), { create: false })
  const left = (): unknown[] => journal.all("select kind, state, shown, reason from change where state in ('open', 'aborting', 'in_doubt', 'partial')")
  await expect.poll(left).toEqual([])
  journal.close()
  expect((await readdir(home)).toSorted()).toEqual(['beside', 'data', 'work'])
  expect((await readdir(beside(''), { recursive: true })).toSorted()).toEqual(['f', 'folder', 'folder/g'])
  for (const path of ['f', 'folder/g']) expect(await readFile(beside(path), 'utf8')).toBe(`beside ${path}`)
})
