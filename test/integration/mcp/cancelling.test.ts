import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Connected, connectTo, type Era } from '../../support/client.ts'
import { openTestGateway } from '../../support/gateway.ts'
import { connectHttp, serve } from '../../support/http.ts'

const FILES = 300

/** Gives the call up once it is under way: an older client says so, a modern one over HTTP hangs up. */
async function givenUp({ client }: Connected, name: string, args: Record<string, unknown>): Promise<void> {
  const gone = new AbortController()
  const call = client.callTool({ name, arguments: args }, { signal: gone.signal, onprogress: () => gone.abort() })
  await expect(call).rejects.toThrow(/abort/i)
}

test.each<['stdio' | 'HTTP', Era]>([
  ['stdio', 'legacy'],
  ['stdio', 'modern'],
  ['HTTP', 'legacy'],
  ['HTTP', 'modern'],
])('over %s, a copy that a %s client gives up is taken back, and its history says so', async (door, era) => {
  await using open = await openTestGateway()
  const [from, to] = [join(open.work, 'from'), join(open.work, 'to')]
  await mkdir(from)
  for (let i = 0; i < FILES; i++) await writeFile(join(from, String(i)), 'x'.repeat(10_000))
  await using server = await serve(open.gateway.mcp())
  await using client = await (door === 'HTTP' ? connectHttp(`${server.url}/mcp`, era) : connectTo(open.gateway.mcp(), { era }))
  await givenUp(client, 'vfs_copy', { from, to })
  const history = async (): Promise<string> => (await client.call('vfs_history', { path: to })).text
  await expect.poll(history, { timeout: 30_000 }).not.toMatch(/\[(open|being taken back)\]/)
  expect(await readdir(open.work)).toEqual(['from'])
  expect(await history()).toMatch(/copy .*\[aborted\]$/m)
})
