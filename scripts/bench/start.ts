import { readFile } from 'node:fs/promises'
import type { Field } from './against.ts'
import { type Contestant, start } from './contestant.ts'
import { alternately } from './measure.ts'
import type { Row } from './row.ts'

const ROUNDS = 9

/** From the start of the program to its list of tools, and what it takes in memory then. */
export async function startRows({ ours, theirs, floor }: Field): Promise<Row[]> {
  const [own = Number.NaN, peer = Number.NaN, sdk = Number.NaN, bare = Number.NaN] = await alternately(ROUNDS, [
    () => toList(ours),
    () => toList(theirs),
    () => toList(floor),
    () => toList({ ...ours, args: ['-e', BARE] }),
  ])
  await using running = await start(ours)
  await running.client.listTools()
  const memory = await residentMiB(running.pid)
  return [
    {
      work: 'start to tools/list, every tool offered',
      unit: 'ms',
      ours: own,
      peer: { name: theirs.name, value: peer },
      target: '≤ 0.5×',
      holds: own <= 0.5 * peer,
      floor: `${sdk.toFixed(0)} ms, ${(sdk / peer).toFixed(2)}×: a server of the SDK without tools, from its packages; ${bare.toFixed(0)} ms, ${(bare / peer).toFixed(2)}×: a process that answers from constants`,
      limit: 'starting Node; reading one file of code; the schema of the configuration. The databases are opened and the SDK is loaded while the client reads',
    },
    { work: 'memory after start', unit: 'MiB', ours: memory, target: '≤ 120 MiB', holds: memory <= 120, limit: "Node's own heap and code" },
  ]
}

async function toList(who: Contestant): Promise<number> {
  const from = performance.now()
  await using running = await start(who)
  await running.client.listTools()
  return performance.now() - from
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}

/** Speaks just enough of MCP to be started and asked for its tools. */
const BARE = `
  const answers = { initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'bare', version: '1' } }, 'tools/list': { tools: [] } }
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method } = JSON.parse(line)
    if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] ?? {} }) + '\\n')
  })`
