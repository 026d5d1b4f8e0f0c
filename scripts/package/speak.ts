import { spawnSync } from 'node:child_process'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

export interface Start {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Record<string, string>
}

export interface Greeting {
  /** From the start of the program to its list of tools. */
  readonly ms: number
  readonly tools: number
}

/** Starts the server as an agent's host does, asks for its tools, and leaves. */
export async function greet({ command, args, env }: Start): Promise<Greeting> {
  const started = performance.now()
  const client = new Client({ name: 'package-check', version: '1' })
  await client.connect(new StdioClientTransport({ command, args: [...args], env, stderr: 'inherit' }))
  try {
    const { tools } = await client.listTools()
    return { ms: Math.round(performance.now() - started), tools: tools.length }
  } finally {
    await client.close()
  }
}

/** What a start that has to fail says, and its exit code. */
export function refusal({ command, args, env }: Start): { readonly said: string; readonly code: number | null } {
  const { stderr, stdout, status } = spawnSync(command, args, { env, encoding: 'utf8', input: '' })
  return { said: stdout + stderr, code: status }
}
