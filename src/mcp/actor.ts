import { CLIENT_INFO_META_KEY, type Server, type ServerContext } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { Actor } from '../core/actor.ts'

const MAX_NAME = 64
const ClientInfo = z.object({ name: z.string(), version: z.string() }).partial().catch({})

/** Who the client says it is: with every request (2026-07-28), or once at initialize. */
export function actorOf(server: Server, { mcpReq }: ServerContext, session: string | undefined): Actor {
  const { envelope = {} } = mcpReq
  const { name = '', version = '' } = ClientInfo.parse(Reflect.get(envelope, CLIENT_INFO_META_KEY) ?? server.getClientVersion())
  return { client: line(name) || 'unknown', clientVersion: line(version) || undefined, session }
}

/** It ends up in the journal and in listings, so it is one short line. */
const line = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, MAX_NAME)
