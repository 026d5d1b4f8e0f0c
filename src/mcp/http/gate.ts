import { preflight, withCors } from './cors.ts'
import { HttpMcp } from './door.ts'
import { guard, unauthorized } from './guards.ts'
import { type HttpOptions, MAX_BODY } from './options.ts'
import { refusal } from './refusal.ts'
import type { OnAnswered } from './sessions.ts'

/** Every request comes in here: who may, by its head alone and before its body is read, and where to. */
export interface Gate extends AsyncDisposable {
  fetch(request: Request, onAnswered: OnAnswered): Promise<Response>
}

export function openGate(options: HttpOptions): Gate {
  const doors = new Map<string, HttpMcp>()
  const doorAt = (path: string): HttpMcp | undefined => {
    const known = doors.get(path)
    const parts = known === undefined ? options.parts(toolsetIn(path)) : undefined
    if (parts === undefined) return known
    const door = new HttpMcp(parts, (error) => options.log('an MCP request was refused', error))
    doors.set(path, door)
    return door
  }
  return {
    fetch: async (request, onAnswered) => {
      const stranger = guard(request, options)
      if (stranger !== undefined) return stranger
      const response = refuse(request, options) ?? (await route(request, options, doorAt, onAnswered))
      return withCors(request.headers.get('origin'), response)
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all([...doors.values()].map((door) => door[Symbol.asyncDispose]()))),
  }
}

/** What tells nothing, and is asked by those that have no token: a browser before its call, and whoever watches over us. */
const isOpen = ({ method, url }: Request): boolean => method === 'OPTIONS' || new URL(url).pathname === '/healthz'

const refuse = (request: Request, options: HttpOptions): Response | undefined =>
  (isOpen(request) ? undefined : unauthorized(request, options)) ?? tooLarge(request)

async function route(request: Request, options: HttpOptions, doorAt: (path: string) => HttpMcp | undefined, onAnswered: OnAnswered): Promise<Response> {
  const path = new URL(request.url).pathname
  if (request.method === 'OPTIONS') return preflight(request)
  if (path === '/healthz') return Response.json({ status: 'ok' })
  if (path === '/readyz') return readiness(options)
  const door = /^\/mcp(\/x\/[a-z0-9_]+)?$/.test(path) ? doorAt(path) : undefined
  if (door === undefined) return refusal('UNKNOWN_ENDPOINT', 'There is nothing at this address.')
  const response = await door.fetch(request, onAnswered)
  return response.status === 413 ? bodyTooLarge() : response
}

async function readiness({ ready }: HttpOptions): Promise<Response> {
  const report = await ready()
  return Response.json(report, { status: report.ready ? 200 : 503 })
}

const toolsetIn = (path: string): string | undefined => /^\/mcp\/x\/(.+)$/.exec(path)?.[1]

function tooLarge({ headers }: Request): Response | undefined {
  return Number(headers.get('content-length') ?? 0) > MAX_BODY ? bodyTooLarge() : undefined
}

const bodyTooLarge = (): Response => refusal('BODY_TOO_LARGE', `A request may have ${MAX_BODY} bytes.`)
