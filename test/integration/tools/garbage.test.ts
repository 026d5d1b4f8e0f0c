import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CODES } from '../../../src/core/codes.ts'
import { render } from '../../../src/mcp/render.ts'
import { builtin } from '../../../src/registry/discover.ts'
import { declarations } from '../../../src/registry/inventory.ts'
import { garbage } from '../../support/garbage.ts'
import { openTestGateway, type TestGateway } from '../../support/gateway.ts'

/** Words of files outside, of our own code, and of the machine below. */
const LEAKS = /root:x:0|\bat .*\.ts:\d+:\d+|node_modules|ENOENT|EACCES|EISDIR|ENOTDIR|EINVAL|SQLITE/

/** No answer gives back megabytes of what was sent. */
const MOST = 100_000

let opened: TestGateway

beforeAll(async () => {
  opened = await openTestGateway({ files: { 'a.txt': 'salt\n', 'folder/b.txt': 'b' } })
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
      const answer = JSON.stringify(render(outcome))
      expect(answer).not.toMatch(LEAKS)
      expect(answer.length).toBeLessThan(MOST)
      expect(Reflect.has({}, 'polluted')).toBe(false)
    }),
    { numRuns: 150, timeout: 20_000 },
  )
})
