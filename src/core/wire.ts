import type { Agent, IncomingMessage, request } from 'node:http'
import type { Readable } from 'node:stream'
import type { Call } from './backend.ts'
import { collect } from './bytes.ts'
import { withoutCredentials } from './credentials.ts'
import { retryAfter } from './retry-after.ts'

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

export interface Sent extends Call {
  readonly body?: { readonly stream: Readable; readonly type: string } | undefined
  /** The connection may be silent for so long; 0: for ever. */
  readonly quietMs?: number | undefined
}

const QUIET_MS = 60_000
const MAX_REFUSAL = 64 << 10
const MAX_LINE = 16 << 20
const MAX_BYTES = 32 << 20 // of an answer that is wanted whole

interface Wire {
  readonly request: typeof request
  readonly agent: Agent
}

const WIRES = new Map<string, Wire>()

/** Loaded when it is needed, and not by `import`: that reads every export of Node's http, and so loads its `fetch` too, 30 ms of each start. */
function wireOf(protocol: string): Wire {
  const known = WIRES.get(protocol)
  if (known) return known
  const { request, Agent } = process.getBuiltinModule(protocol === 'https:' ? 'node:https' : 'node:http')
  const wire = { request, agent: new Agent({ keepAlive: true }) }
  WIRES.set(protocol, wire)
  return wire
}

/** A server refused a call, in its own words. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  /** When the server wants to be asked again. */
  readonly retryAfterMs: number | undefined

  constructor(status: number, message: string, retryAfterMs?: number) {
    super(message)
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

/** The head of an answer, of whatever status. */
export function send(method: string, target: URL, headers: Record<string, string>, { body, signal, quietMs = QUIET_MS }: Sent = {}): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const { request, agent } = wireOf(target.protocol)
  const call = request(target, { method, headers, agent, ...(signal && { signal }) })
  call.setTimeout(quietMs, () => call.destroy(new DOMException('the server is silent', 'TimeoutError')))
  call.on('response', resolve)
  call.on('error', (error) => {
    reject(error)
    body?.stream.destroy(error)
  })
  if (body) body.stream.on('error', (error) => call.destroy(error)).pipe(call)
  else call.end()
  return promise
}

/** The values of an answer, one a line. */
export async function* valuesOf(answer: IncomingMessage): AsyncGenerator {
  try {
    for await (const line of linesOf(answer)) if (line !== '') yield JSON.parse(line)
    ended(answer)
  } finally {
    answer.destroy()
  }
}

/** The bytes of an answer, whole. */
export async function bytesOf(answer: IncomingMessage): Promise<Uint8Array> {
  const bytes = await collect(answer, MAX_BYTES)
  ended(answer)
  return bytes
}

async function* linesOf(answer: Readable): AsyncGenerator<string> {
  let rest = ''
  for await (const part of answer.setEncoding('utf8')) {
    const lines = (rest + String(part)).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE) throw new Error('a line of the answer is too long')
    yield* lines
  }
  yield rest
}

/** A stream that a server of the IPFS family broke off ends like any other, and says so only behind its end. */
function ended(answer: IncomingMessage): void {
  const told = answer.trailers['x-stream-error']
  if (told !== undefined && told !== '') throw new Refusal(200, told)
  if (!answer.complete) throw new Error('the answer broke off')
}

/** What an answer that is no success says to whoever sent this header. */
export async function refusal(answer: IncomingMessage, authorization: string | undefined): Promise<Refusal> {
  let text = ''
  for await (const part of answer.setEncoding('utf8')) {
    text += String(part)
    if (text.length > MAX_REFUSAL) break
  }
  return new Refusal(answer.statusCode ?? 0, withoutCredentials(messageOf(text), authorization), retryAfter(answer.headers['retry-after'] ?? null))
}

function messageOf(text: string): string {
  try {
    const told: unknown = JSON.parse(text)
    if (typeof told !== 'object' || told === null) return text
    return 'Message' in told ? String(told.Message) : 'message' in told ? String(told.message) : text
  } catch {
    return text
  }
}

export function search(query: Query): string {
  const pairs = Object.entries(query).flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((one) => [key, one] as const))
  return new URLSearchParams(pairs.flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))).toString()
}
