import type { ServedFolder } from '../config/folders.ts'

export interface Reachable {
  readonly url: string
  readonly served: readonly ServedFolder[]
  readonly program: readonly string[]
  /** True if clients must send one. */
  readonly token: boolean
}

/** What a person pastes into an agent's host to reach this gateway, or one of its own over stdio. */
export function snippets({ url, served, program, token }: Reachable): string {
  const folders = served.map(({ path, readOnly }) => (readOnly ? `${path}:ro` : path))
  const [command = '', ...args] = [...program, ...folders]
  const endpoint = `${url}/mcp`
  const headers = token ? { headers: { Authorization: 'Bearer <token>' } } : {}
  return `polymount serves ${folders.join(', ') || '/local'} at ${endpoint}

Over HTTP, to this process
  Claude Code   claude mcp add --transport http polymount ${endpoint}${token ? ' --header "Authorization: Bearer <token>"' : ''}
  Cursor        ${json({ mcpServers: { polymount: { url: endpoint, ...headers } } })}
  VS Code       ${json({ servers: { polymount: { type: 'http', url: endpoint, ...headers } } })}

Over stdio, a process for each host
  Claude Code   claude mcp add polymount -- ${[command, ...args].map(quoted).join(' ')}
  Claude Desktop, Cursor
                ${json({ mcpServers: { polymount: { command, args } } })}
  VS Code       ${json({ servers: { polymount: { type: 'stdio', command, args } } })}

Stop with Ctrl-C.
`
}

const json = (value: unknown): string => JSON.stringify(value)

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)
