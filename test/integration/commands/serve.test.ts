import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { Io } from '../../../src/commands/io.ts'
import { snippets } from '../../../src/commands/snippets.ts'
import { stopWithin } from '../../../src/commands/stop.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { connectHttp } from '../../support/http.ts'
import { command, runHere } from '../../support/io.ts'
import { emptyPlace, type Place } from '../../support/program.ts'

const HELLO = [
  { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'pipe', version: '1' } } },
  { jsonrpc: '2.0', method: 'notifications/initialized' },
  { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'vfs_write', arguments: { path: '/local/a', content: 'x' } } },
]
const lines = (messages: readonly object[]): string => messages.map((message) => `${JSON.stringify(message)}\n`).join('')

/** The HTTP door of a command in this process, once it has said where it is. */
async function serveHttp(place: Place, args: readonly string[], env: Record<string, string> = {}) {
  const running = command(place, ['--http', '127.0.0.1:0', place.work, ...args], { env })
  const [said] = (await once(running.stdout, 'data')) as [Buffer]
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said.toString())?.[0] ?? ''
  return { ...running, url, said: said.toString() }
}

describe('over stdio', () => {
  test('the end of stdin is the end, after the last answer', async () => {
    await using place = await emptyPlace()
    const { code, stdout } = await runHere(place, [], { input: lines(HELLO) })
    expect(code).toBe(0)
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: number }).id),
    ).toEqual([1, 2])
    expect(existsSync(join(place.home, '.local/share/polymount/reserve'))).toBe(true) // room for the day when the disk is full
  })

  test.each(['SIGINT', 'SIGTERM'])('%s ends it while the client is still there', async (signal) => {
    await using place = await emptyPlace()
    const { stdin, stdout, signals, code } = command(place, [])
    stdin.write(lines(HELLO.slice(0, 1)))
    await once(stdout, 'data')
    signals.emit(signal)
    expect(await code).toBe(0)
  })
})

test.each([[[]], [['--http', '127.0.0.1:0']]])('signals are heard while it opens: serve %j', async (args) => {
  await using place = await emptyPlace()
  const { signals, code } = command(place, args)
  while (signals.listenerCount('SIGHUP') === 0) await new Promise((resolve) => setImmediate(resolve))
  expect(existsSync(join(place.home, '.local/share/polymount/journal.db'))).toBe(false)
  signals.emit('SIGHUP')
  signals.emit('SIGTERM')
  expect(await code).toBe(0)
})

describe('over HTTP', () => {
  test('all toolsets have their doors, and one that is not there has none', async () => {
    await using place = await emptyPlace()
    const { url, signals, code, said } = await serveHttp(place, [])
    expect(said).toContain(`claude mcp add --transport http polymount ${url}/mcp`)
    await using agent = await connectHttp(`${url}/mcp/x/search`)
    expect((await agent.client.listTools()).tools.map(({ name }) => name)).toEqual(['search_content'])
    expect((await fetch(`${url}/mcp/x/nothing`, { method: 'POST' })).status).toBe(404)
    expect(await agent.call('search_content', { path: '/nowhere', pattern: 'x' })).toMatchObject({ ok: false })
    const { statistics, ...ready } = (await (await fetch(`${url}/readyz`)).json()) as {
      ready: boolean
      down: string[]
      statistics: { tools: unknown; mounts: Record<string, unknown> }
    }
    expect(ready).toMatchObject({ ready: true, down: [] })
    expect(statistics.tools).toEqual([{ tool: 'search_content', calls: 1, errors: { NOT_SERVED: 1 }, latency_ms: expect.any(Object) }])
    expect(statistics.mounts['/local']).toMatchObject({ calls: 0, errors: 0 })
    signals.emit('SIGTERM')
    expect(await code).toBe(0)
  })

  test('a folder that is not there takes no other with it: its mount tells the error until it comes', async () => {
    await using place = await emptyPlace()
    const late = join(place.work, 'late')
    const { url, stderr, signals, code } = await serveHttp(place, [late])
    const down = async (): Promise<unknown> => ((await (await fetch(`${url}/readyz`)).json()) as { down: string[] }).down
    expect(await down()).toEqual([late])
    expect(String(stderr.read())).toContain(`${late} cannot be served (ENOENT)`)
    await mkdir(late)
    await expect.poll(down, { timeout: 10_000 }).toEqual([])
    signals.emit('SIGTERM')
    expect(await code).toBe(0)
  })

  test('a secret that is not there, or an address that is taken, ends the start', async () => {
    await using place = await emptyPlace()
    const first = await serveHttp(place, [])
    expect(await runHere(place, ['--http', new URL(first.url).host])).toMatchObject({ code: 2, stderr: expect.stringContaining('EADDRINUSE') })
    expect(await runHere(place, ['--http', '0'], { env: { POLYMOUNT_HTTP_TOKEN: 'env:GONE' } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('SECRET_MISSING'),
    })
    first.signals.emit('SIGINT')
    expect(await first.code).toBe(0)
  })

  test('SIGHUP loads the tools of a folder again, and says what does not load', async () => {
    await using place = await emptyPlace()
    const folder = join(place.home, 'tools')
    await mkdir(folder)
    const { url, signals, stderr, code } = await serveHttp(place, [], { POLYMOUNT_TOOLS_PATHS: folder })
    await writeFile(join(folder, 'bad.tools.js'), 'export const nothing = 1')
    signals.emit('SIGHUP')
    const [said] = (await once(stderr, 'data')) as [Buffer]
    expect(said.toString()).toContain('the tools were not reloaded')
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    signals.emit('SIGTERM')
    expect(await code).toBe(0)
  })
})

test('what does not end in time is left to the next start', async () => {
  const stderr = new PassThrough()
  const io: Pick<Io, 'stderr'> = { stderr }
  expect(await stopWithin(io, () => new Promise(() => {}), 1)).toBe(1)
  stderr.end()
  expect(await text(stderr)).toContain('the next start settles what was open')
})

test('snippets are what a shell and a JSON file can take, and name no token', () => {
  const said = snippets({ url: 'http://h', served: [{ path: vfsPath("/a b's"), readOnly: true }], program: ['npx', '-y', 'polymount'], token: true })
  expect(said).toContain(`claude mcp add polymount -- npx -y polymount '/a b'\\''s:ro'`)
  expect(said).toContain('"args":["-y","polymount","/a b\'s:ro"]')
  expect(said).toContain('Bearer <token>')
})

describe('configured storages', () => {
  test('an agent mounts one by its name, and none that nobody named', async () => {
    await using place = await emptyPlace()
    const env = { POLYMOUNT_BACKENDS: '{"scratch":{"type":"memory"}}' }
    const mounted = await runHere(place, ['call', 'vfs_mount', '{"path":"/scratch","backend":"scratch"}'], { env })
    expect(JSON.parse(mounted.stdout)).toMatchObject({ status: 'success' })
    const stranger = await runHere(place, ['call', 'vfs_mount', '{"path":"/x","backend":"local"}'], { env })
    expect(JSON.parse(stranger.stdout)).toMatchObject({ error_code: 'BACKEND_NOT_FOUND' })
  })
})
