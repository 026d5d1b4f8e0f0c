import { randomUUID } from 'node:crypto'
import type { Actor } from '../core/actor.ts'
import { VfsError } from '../core/error.ts'
import { failure, type Outcome } from './envelope.ts'
import type { Surroundings } from './forgive.ts'
import type { LoadedTool, Tool } from './inventory.ts'
import { parseInput } from './parse.ts'
import type { Attachment, Need, ToolContext } from './tool.ts'

/** Who calls, and how they follow and stop the call. */
export interface Invocation {
  readonly actor: Omit<Actor, 'tool'>
  readonly signal: AbortSignal
  readonly progress?: ToolContext['progress'] | undefined
}

export interface InvokeServices {
  readonly around: Surroundings
  /** Why a need is not met now, and what is done about it; undefined while it is met. */
  readonly absent: (need: Need) => VfsError | undefined
  /** Gets what no client may see. */
  readonly log: (message: string, error: unknown) => void
}

/** Parses, checks the policy, runs, validates. The one place where an error becomes an answer; never rejects. */
export async function run(tool: Tool, args: unknown, call: Invocation, services: InvokeServices): Promise<Outcome> {
  const attachments: Attachment[] = []
  try {
    requireNeeds(tool, services)
    const loaded = await tool.load()
    const input = await parseInput(loaded, args, services.around)
    const result: unknown = await callMethod(loaded, input, contextOf(tool, call, attachments))
    const output = loaded.output.parse(result)
    const text = loaded.text?.(output)
    return { ok: true, tool: loaded, envelope: { status: 'success', ...output }, attachments, text }
  } catch (error) {
    return { ok: false, envelope: failure(tool.name, mapped(tool, error, call.signal, services)) }
  }
}

function requireNeeds(tool: Tool, { absent }: InvokeServices): void {
  for (const need of tool.needs) {
    const why = absent(need)
    if (!why) continue
    const { message, retryable, hint } = why
    throw new VfsError('SERVICE_UNAVAILABLE', `${tool.name} needs ${need}: ${message}`, { retryable, hint, cause: why, details: { need } })
  }
}

const contextOf = (tool: Tool, { actor, signal, progress }: Invocation, attachments: Attachment[]): ToolContext => ({
  signal,
  actor: { ...actor, tool: tool.name },
  progress: progress ?? (() => {}),
  attach: (attachment) => void attachments.push(attachment),
})

function callMethod({ instance, method }: LoadedTool, input: unknown, context: ToolContext): unknown {
  const found: unknown = Reflect.get(instance, method)
  if (typeof found !== 'function') throw new TypeError(`the toolset has no method ${method}`)
  return Reflect.apply(found, instance, [input, context])
}

function mapped(tool: Tool, error: unknown, signal: AbortSignal, { log }: InvokeServices): VfsError {
  if (error instanceof VfsError && error.code !== 'INTERNAL') return error
  if (signal.aborted) return new VfsError('CANCELLED', 'the call was cancelled', { cause: error })
  const reference = randomUUID().slice(0, 8)
  log(`${tool.name} failed (${reference})`, error)
  return new VfsError('INTERNAL', `${tool.name} failed in a way it does not know; the log of polymount has more under ${reference}`, {
    cause: error,
    details: { reference },
  })
}
