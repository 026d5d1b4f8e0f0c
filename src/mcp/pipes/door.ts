import type { Readable, Writable } from 'node:stream'
import { firstAnswers } from '../first-answers.ts'
import type { McpParts } from '../parts.ts'
import { Greeting } from './greeting.ts'
import { PipeTransport } from './transport.ts'

export interface PipeDoor {
  /** Resolves when the client has gone: stdin has ended, or stdout broke. */
  readonly closed: Promise<void>
  /** Waits so many milliseconds for calls that run; longer ones are cancelled. */
  readonly close: (graceMs: number) => Promise<void>
}

/** Serves one client over stdin and stdout. The SDK is loaded when the client has been greeted. */
export async function openPipes(parts: McpParts, stdin: Readable, stdout: Writable): Promise<PipeDoor> {
  const pipe = new PipeTransport(stdin, stdout)
  const greeting = new Greeting(pipe, firstAnswers(parts))
  const serving = serveAfter(greeting, parts)
  await greeting.open()
  return {
    closed: Promise.race([pipe.closed, pipe.ended]),
    close: async (graceMs) => {
      await pipe.answered(graceMs)
      const server = greeting.isOver ? await serving : greeting
      await server.close()
    },
  }
}

async function serveAfter(greeting: Greeting, parts: McpParts): Promise<{ close(): Promise<void> }> {
  await greeting.over
  const { serveOverStdio } = await import('../stdio.ts')
  return serveOverStdio(parts, greeting)
}
