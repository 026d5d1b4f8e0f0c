import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, watch, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { connectHttp } from '../support/http.ts'
import { emptyPlace, ended, host, type Place, run, start } from '../support/program.ts'

const MIB = 1 << 20
const filesOf = ({ home }: Place): string => join(home, '.local/share/polymount/files')

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'pipe', version: '1' } },
}

describe('over stdio', () => {
  test('a folder is served at its own path, and the data folder is made for its owner alone', async () => {
    await using place = await emptyPlace()
    await using agent = await host(place, [place.work])
    const written = await agent.call('vfs_write', { path: join(place.work, 'a/b.txt'), content: 'hello' })
    expect(written).toMatchObject({ ok: true, result: { change: expect.any(String) } })
    expect(await readFile(join(place.work, 'a/b.txt'), 'utf8')).toBe('hello')
    expect((await stat(join(place.home, '.local/share/polymount'))).mode & 0o777).toBe(0o700)
  })

  test('without a folder: the current one in a git work tree, else only /local', async () => {
    await using place = await emptyPlace()
    const read = { path: join(place.work, 'f') }
    await writeFile(read.path, 'x')
    await using outside = await host(place, [])
    expect(await outside.call('vfs_stat', read)).toMatchObject({ ok: false, result: { error_code: 'NOT_SERVED' } })
    expect(await outside.call('vfs_stat', { path: '/local' })).toMatchObject({ ok: true })
    await mkdir(join(place.work, '.git'))
    await using inside = await host(place, [])
    expect(await inside.call('vfs_stat', read)).toMatchObject({ ok: true })
  })

  test('two gateways on one data folder serve two clients at once, and neither loses an update', async () => {
    await using place = await emptyPlace()
    const path = join(place.work, 'counter')
    await writeFile(path, '0')
    await using one = await host(place, [place.work])
    await using two = await host(place, [place.work], {}, 'modern')
    const raise = async (agent: typeof one): Promise<void> => {
      for (let done = 0; done < 20;) {
        const { etag } = (await agent.call('vfs_stat', { path })).result as { etag: string }
        const { text } = await agent.call('vfs_read', { path, raw: true })
        const { ok, result } = await agent.call('vfs_write', { path, content: String(Number.parseInt(text, 10) + 1), if_match: etag })
        done += ok ? 1 : 0
        expect(['success', 'CONFLICT', 'BUSY']).toContain(ok ? 'success' : result['error_code'])
      }
    }
    await Promise.all([raise(one), raise(two)])
    expect(await readFile(path, 'utf8')).toBe('40')
    const { text } = await one.call('vfs_history', { path })
    expect(text).toContain('e2e')
  })

  test('a gateway that does not open says why and ends, also when its client was greeted before', async () => {
    await using place = await emptyPlace()
    await mkdir(join(place.home, '.local/share/polymount'), { recursive: true })
    await writeFile(join(place.home, '.local/share/polymount/journal.db'), 'no database, but notes of a person who needs them')
    const agent = start(place, [])
    const end = ended(agent)
    agent.stdin.write(`${JSON.stringify(INITIALIZE)}\n`)
    expect(await end).toMatchObject({ code: 2, stderr: expect.stringMatching(/^polymount: DATA_FOLDER_DAMAGED: \S+journal\.db is damaged/) })
  })

  test('stdin at its end: what was asked is answered, and the process ends by itself', async () => {
    await using place = await emptyPlace()
    const messages = [
      INITIALIZE,
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'vfs_write', arguments: { path: '/local/a', content: 'x' } } },
    ]
    const { code, stdout, stderr } = await run(place, [], { input: messages.map((message) => `${JSON.stringify(message)}\n`).join('') })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: number; result?: { isError?: boolean } })
    expect(answers.map(({ id }) => id)).toEqual([1, 2])
    expect(answers[1]?.result?.isError).not.toBe(true)
    expect(await readFile(join(place.home, '.local/share/polymount/files/a'), 'utf8')).toBe('x')
  })
})

describe('stopping in the middle of a write', () => {
  /** A copy that takes long enough to be met half way: something stands in the folder already. */
  async function copying(place: Place, to: string) {
    const from = join(place.work, 'large')
    await writeFile(from, Buffer.alloc(512 * MIB, 'x'))
    const agent = await host(place, [place.work])
    await agent.call('vfs_stat', { path: '/local' }) // who is greeted has no open gateway yet
    const watching = watch(to.startsWith('/local/') ? filesOf(place) : place.work)[Symbol.asyncIterator]()
    const begun = watching.next()
    const answer = agent.client.callTool({ name: 'vfs_copy', arguments: { from, to } }).catch(() => undefined)
    await begun
    await watching.return?.()
    return { agent, answer }
  }

  test.each([
    ['SIGTERM', '/local/copy'],
    ['SIGINT', '/local/copy'],
    ['SIGKILL', '/local/copy'],
    ['SIGKILL', 'copy'],
  ] as const)('%s while %s is made leaves it whole or not at all, and the history says which', async (signal, name) => {
    await using place = await emptyPlace()
    const path = resolve(place.work, name)
    const { agent, answer } = await copying(place, path)
    await using _ = agent
    process.kill(agent.pid, signal)
    await answer
    await using next = await host(place, [place.work])
    const { ok, result } = await next.call('vfs_stat', { path })
    const left = [...(await readdir(place.work)), ...(await readdir(filesOf(place)))].toSorted()
    expect({ found: result['size'] ?? result['error_code'], left }).toEqual(
      ok ? { found: 512 * MIB, left: ['copy', 'large'] } : { found: 'NOT_FOUND', left: ['large'] },
    )
    expect((await next.call('vfs_history', { path })).text).not.toMatch(/\[(open|being taken back)\]/)
  })
})

describe('over HTTP', () => {
  async function serve(place: Place, args: readonly string[] = [], env: Record<string, string> = {}) {
    const child = start(place, ['--http', '127.0.0.1:0', place.work, ...args], { env })
    const lines: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line)
      if (line.startsWith('Stop with')) break
    }
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(lines.join('\n'))?.[0] ?? ''
    return { child, url, said: lines.join('\n') }
  }

  test('serves MCP and its health until it is asked to stop', async () => {
    await using place = await emptyPlace()
    const { child, url, said } = await serve(place)
    for (const program of ['Claude Code', 'Claude Desktop', 'Cursor', 'VS Code']) expect(said).toContain(program)
    for (const era of ['legacy', 'modern'] as const) {
      await using agent = await connectHttp(`${url}/mcp`, era)
      expect(await agent.call('vfs_ls', { path: place.work })).toMatchObject({ ok: true })
    }
    await using one = await connectHttp(`${url}/mcp/x/search`)
    expect((await one.client.listTools()).tools.map(({ name }) => name)).toEqual(['search_content'])
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' })
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ ready: true, down: [] })
    expect((await fetch(`${url}/mcp/x/nothing`)).status).toBe(404)
    const end = once(child, 'exit')
    child.kill('SIGINT')
    expect(await end).toEqual([0, null])
  })

  test('a token that the environment holds must be sent', async () => {
    await using place = await emptyPlace()
    const { child, url, said } = await serve(place, [], { POLYMOUNT_HTTP_TOKEN: 'env:POLYMOUNT_SECRET', POLYMOUNT_SECRET: 'hunter2' })
    expect(said).toContain('Bearer <token>')
    expect(said).not.toContain('hunter2')
    expect((await fetch(`${url}/mcp`, { method: 'POST' })).status).toBe(401)
    await using agent = await connectHttp(`${url}/mcp`, 'modern', { authorization: 'Bearer hunter2' })
    expect(await agent.call('vfs_ls', { path: place.work })).toMatchObject({ ok: true })
    child.kill('SIGTERM')
    expect((await ended(child)).code).toBe(0)
  })

  test('an address that is taken is told in a line', async () => {
    await using place = await emptyPlace()
    const { child, url } = await serve(place)
    expect(await run(place, ['--http', new URL(url).host])).toMatchObject({ code: 2, stderr: expect.stringContaining('EADDRINUSE') })
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
})
