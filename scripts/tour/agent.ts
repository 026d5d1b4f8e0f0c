import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { Page } from './page.ts'

export interface Answer {
  readonly ok: boolean
  readonly text: string
  /** The envelope: structured content, or what a text-first tool says beside its text. */
  readonly result: Readonly<Record<string, unknown>>
}

type Arguments = Readonly<Record<string, unknown>>

/** An agent's host with a gateway of its own, over stdio. */
export class Agent implements AsyncDisposable {
  readonly #client: Client
  readonly #transport: StdioClientTransport
  readonly #page: Page

  private constructor(client: Client, transport: StdioClientTransport, page: Page) {
    this.#client = client
    this.#transport = transport
    this.#page = page
  }

  static async start(page: Page, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Agent> {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: ['bin/polymount.cjs', ...args],
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stderr: 'inherit',
    })
    const client = new Client({ name: 'tour', version: '1' })
    await client.connect(transport)
    return new Agent(client, transport, page)
  }

  async call(tool: string, args: Arguments, shown = 6): Promise<Answer> {
    this.#page.asked(tool, args)
    const answer = await this.quietly(tool, args)
    this.#page.answered(answer.text, shown)
    return answer
  }

  async quietly(tool: string, args: Arguments, onprogress?: () => void): Promise<Answer> {
    const raw = await this.#client.callTool({ name: tool, arguments: { ...args } }, { ...(onprogress && { onprogress }), timeout: 120_000 })
    const [first] = raw.content
    const result = raw.structuredContent ?? raw._meta?.['polymount/result'] ?? {}
    return { ok: raw.isError !== true, text: first?.type === 'text' ? first.text : '', result: result as Answer['result'] }
  }

  /** Ends the gateway as a crash does. */
  async kill(): Promise<void> {
    const closed = new Promise<void>((resolve) => void (this.#client.onclose = resolve))
    process.kill(this.#transport.pid ?? 0, 'SIGKILL')
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close()
  }
}
