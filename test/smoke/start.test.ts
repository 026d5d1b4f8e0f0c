import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { addressOf } from '../support/address.ts'
import { connectHttp } from '../support/http.ts'
import { emptyPlace, host, run } from '../support/program.ts'

test('the built program starts in an empty home, lists its tools, and writes and reads a file', async () => {
  await using place = await emptyPlace()
  await using agent = await host(place, [place.work])
  const { tools } = await agent.client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['vfs_read', 'vfs_write', 'vfs_undo', 'search_content', 'ipfs_add']))
  expect((await agent.call('vfs_write', { path: `${place.work}/f.txt`, content: 'hello' })).ok).toBe(true)
  expect((await agent.call('vfs_read', { path: `${place.work}/f.txt` })).text).toContain('1\thello')
})

test('what tools/list shows was made when it was built, and is what the tools say of themselves', async () => {
  await using place = await emptyPlace()
  await using agent = await host(place, [place.work, '--toolsets', 'all'])
  const { tools } = await agent.client.listTools()
  const { stdout } = await run(place, ['tools', '--json'])
  const inventory = JSON.parse(stdout) as Record<string, unknown>[]
  const facts = new Set(['toolset', 'core', 'effect', 'needs', 'file', 'tokens'])
  expect(tools).toEqual(inventory.map((tool) => Object.fromEntries(Object.entries(tool).filter(([key]) => !facts.has(key)))))
  const built = JSON.parse(await readFile('dist/tools.json', 'utf8')) as { readonly descriptor: unknown }[]
  expect(built.map(({ descriptor }) => descriptor)).toEqual(tools)
})

test('doctor finds nothing wrong in an empty home', async () => {
  await using place = await emptyPlace()
  const { code, stdout } = await run(place, ['doctor'])
  expect([code, stdout]).toEqual([0, expect.not.stringMatching(/^(fail|error)/m)])
})

test('npm start serves on loopback, and says how an agent reaches it', async () => {
  await using place = await emptyPlace()
  const npm = spawn('npm', ['start', '--silent', '--', '--http', '127.0.0.1:0'], { env: { ...process.env, ...place.env }, detached: true })
  const url = await addressOf(npm.stdout)
  await using agent = await connectHttp(url)
  expect((await agent.client.listTools()).tools.length).toBeGreaterThan(0)
  process.kill(-(npm.pid ?? 0), 'SIGINT')
  await once(npm, 'exit')
})
