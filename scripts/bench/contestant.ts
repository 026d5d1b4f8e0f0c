import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

interface Answer {
  readonly text: string
  /** What a text-first tool of ours says beside its text. */
  readonly result: Readonly<Record<string, unknown>>
}

/** Calls a tool; throws for an error. */
export type Call = (tool: string, args: Readonly<Record<string, unknown>>) => Promise<Answer>

/** A file server, and how an agent gets each piece of work done with it. What is counted is given back, to be checked. */
export interface Contestant {
  readonly name: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  read(call: Call, path: string): Promise<number>
  write(call: Call, path: string, content: string): Promise<unknown>
  readLarge(call: Call, path: string): Promise<number>
  list(call: Call, folder: string): Promise<number>
  /** Markdown files. */
  find(call: Call, folder: string): Promise<number>
}

const PEER = join(dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/server-filesystem/package.json')), 'dist/index.js')
const lines = (text: string): number => text.trimEnd().split('\n').length

export const peer = (root: string): Contestant => ({
  name: 'server-filesystem',
  args: [PEER, root],
  env: {},
  read: async (call, path) => (await call('read_text_file', { path })).text.length,
  write: (call, path, content) => call('write_file', { path, content }),
  readLarge: async (call, path) => (await call('read_text_file', { path })).text.length,
  list: async (call, path) => lines((await call('list_directory', { path })).text),
  find: async (call, path) => lines((await call('search_files', { path, pattern: '**/*.md' })).text),
})

/** `program`: the launcher of the packed package. */
export const polymount = (root: string, program: string, home: string): Contestant => ({
  name: 'polymount',
  args: [program, root, '--toolsets', 'all'],
  env: { HOME: home },
  read: async (call, path) => (await call('vfs_read', { path, raw: true })).text.length,
  write: (call, path, content) => call('vfs_write', { path, content }),
  readLarge: inPieces,
  list: (call, path) => paged(call, 'vfs_ls', { path, limit: 10_000 }),
  find: (call, path) => paged(call, 'vfs_find', { path, glob: '**/*.md' }),
})

/** A server that does nothing but what cannot be left out; see floor.ts. `log` is what it flushes as a journal is. */
export const floor = (log: string): Contestant => ({
  name: 'floor',
  args: [fileURLToPath(new URL('floor.ts', import.meta.url)), log],
  env: {},
  read: async (call, path) => (await call('read', { path })).text.length,
  write: (call, path, content) => call('write', { path, content }),
  readLarge: async (call) => {
    let read = 0
    while (read < 10 << 20) read += (await call('piece', {})).text.length
    return read
  },
  list: (call) => paged(call, 'list', {}),
  find: async (call) => lines((await call('find', {})).text),
})

/** Every entry of a listing, page by page; how many there are. */
async function paged(call: Call, tool: string, args: Readonly<Record<string, unknown>>): Promise<number> {
  let found = 0
  for (let cursor: unknown; cursor !== null;) {
    const { result } = await call(tool, { ...args, ...(cursor !== undefined && { cursor }) })
    found += (result['entries'] as readonly unknown[]).length
    cursor = result['next_cursor']
  }
  return found
}

/** A file by ranges of 1 MiB; how many bytes there are. */
async function inPieces(call: Call, path: string): Promise<number> {
  let read = 0
  for (let offset: unknown = 0; offset !== null;) {
    const { result } = await call('vfs_read', { path, byte_offset: offset, byte_length: 1 << 20 })
    read += String(result['content']).length
    offset = result['next_offset']
  }
  return read
}

export interface Running extends AsyncDisposable {
  readonly client: Client
  readonly pid: number
  readonly call: Call
}

export async function start({ args, env }: Contestant): Promise<Running> {
  const transport = new StdioClientTransport({ command: process.execPath, args: [...args], env: { PATH: process.env['PATH'] ?? '', ...env }, stderr: 'ignore' })
  const client = new Client({ name: 'bench', version: '1' })
  await client.connect(transport)
  const call: Call = async (name, given) => {
    const { content, isError, _meta } = await client.callTool({ name, arguments: { ...given } })
    const [first] = content
    const text = first?.type === 'text' ? first.text : ''
    if (isError) throw new Error(`${name}: ${text.slice(0, 300)}`)
    return { text, result: (_meta?.['polymount/result'] ?? {}) as Answer['result'] }
  }
  return { client, pid: transport.pid ?? 0, call, [Symbol.asyncDispose]: () => client.close() }
}
