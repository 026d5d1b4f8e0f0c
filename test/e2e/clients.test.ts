import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { describe, expect, test } from 'vitest'
import { addressOf } from '../support/address.ts'
import { emptyPlace, host, type Place, start } from '../support/program.ts'

const LAUNCHER = resolve('bin/polymount.cjs')
const ERAS = ['legacy', 'modern'] as const
const inspect = promisify(execFile)

/** Exit code 6 if a schema would trouble a host. */
const strictly = (place: Place, era: string, target: readonly string[]) =>
  inspect(resolve('node_modules/.bin/mcp-inspector'), ['--cli', '--strict', '--format', 'json', '--protocol-era', era, '--method', 'tools/list', ...target], {
    cwd: place.work,
    env: place.env,
    maxBuffer: 8 * 1024 * 1024,
  })

describe('the Inspector finds every tool portable', () => {
  test.each(ERAS)('over stdio, %s', async (era) => {
    await using place = await emptyPlace()
    const { stdout } = await strictly(place, era, ['--', process.execPath, LAUNCHER, 'serve', '--toolsets', 'all', place.work])
    expect(JSON.parse(stdout).result.tools.length).toBeGreaterThan(20)
  })

  test.each(ERAS)('over HTTP, %s', async (era) => {
    await using place = await emptyPlace()
    const child = start(place, ['serve', '--http', '127.0.0.1:0', '--toolsets', 'all', place.work])
    const { stdout } = await strictly(place, era, ['--transport', 'http', await addressOf(child.stdout)])
    child.kill('SIGINT')
    await once(child, 'exit')
    expect(JSON.parse(stdout).result.tools.length).toBeGreaterThan(20)
  })
})

test('the client of the first SDK works over stdio', async () => {
  await using place = await emptyPlace()
  const client = new Client({ name: 'old', version: '1.0.0' })
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [LAUNCHER, 'serve', place.work], env: place.env, stderr: 'ignore' }))
  expect(client.getInstructions()).toContain(place.work)
  expect((await client.listTools()).tools.length).toBeLessThanOrEqual(20)
  expect(await client.callTool({ name: 'vfs_write', arguments: { file_path: `${place.work}/a`, content: 'salt' } })).toMatchObject({
    structuredContent: { status: 'success' },
  })
  expect(await client.callTool({ name: 'vfs_stat', arguments: { path: `${place.work}/none` } })).toMatchObject({ isError: true })
  await client.close()
})

const shout = (word: string) => `export default ({ z, declare }) => {
  class Shouts { static toolset = 'shouts'; async shout() { return { word: ${JSON.stringify(word)} } } }
  declare(Shouts, 'shout', { name: 'shout_word', title: 'Shout', description: 'Return a word.', effect: 'read', input: z.object({}), output: z.strictObject({ word: z.string() }) })
  return Shouts
}`

test.each(ERAS)('SIGHUP reads the user’s tools again, and a %s client goes on in its session', async (era) => {
  await using place = await emptyPlace()
  const tools = join(place.home, 'tools')
  await mkdir(tools)
  await writeFile(join(tools, 'shout.tools.js'), shout('HEY'))
  const env = { POLYMOUNT_TOOLS_PATHS: tools }
  await using session = await host(place, ['serve', '--toolsets', 'all', place.work], { env }, era)
  expect((await session.call('shout_word')).result['word']).toBe('HEY')
  const told = Promise.withResolvers<void>()
  session.client.setNotificationHandler('notifications/tools/list_changed', () => told.resolve())
  if (era === 'modern') await session.client.listen({ toolsListChanged: true })
  await writeFile(join(tools, 'shout.tools.js'), shout('HO'))
  process.kill(session.pid, 'SIGHUP')
  await told.promise
  expect((await session.call('shout_word')).result['word']).toBe('HO')
})
