import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Contestant } from './contestant.ts'
import { oneByOne } from './measure.ts'
import type { Row } from './row.ts'

const CALLS = 200

/** tools/list from the question on the pipe to the whole answer on the other, which nobody parses: the server's own time and the two pipes. */
export async function listingRow({ args, env }: Contestant): Promise<Row> {
  const server = spawn(process.execPath, [...args], { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['pipe', 'pipe', 'ignore'] })
  const answers = createInterface({ input: server.stdout })
  const ask = async (id: number, method: string, params: object = {}): Promise<void> => {
    server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
    await once(answers, 'line')
  }
  await ask(0, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } })
  await oneByOne(CALLS, (at) => ask(at + 1, 'tools/list'))
  const ours = await oneByOne(CALLS, (at) => ask(at + CALLS + 1, 'tools/list'))
  server.stdin.end()
  await once(server, 'close')
  return {
    work: 'tools/list on the server, every tool (p50)',
    unit: 'ms',
    ours,
    target: '≤ 2 ms',
    holds: ours <= 2,
    limit: 'checking and writing the JSON of all tools',
  }
}
