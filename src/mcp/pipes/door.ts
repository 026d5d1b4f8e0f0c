import type { Readable, Writable } from 'node:stream'
import { firstAnswers } from '../first-answers.ts'
import { type Offer, offerOf } from '../offer.ts'
import type { McpParts } from '../parts.ts'
import { Greeting } from './greeting.ts'
import { PipeTransport } from './transport.ts'

interface Pipes {
  readonly stdin: Readable
  readonly stdout: Writable
}

export interface PipeDoor {
  /** Resolves when the client has gone: stdin has ended, or stdout broke. */
  readonly closed: Promise<void>
  /** Waits so many milliseconds for calls that run; longer ones are cancelled. */
  readonly close: (graceMs: number) => Promise<void>
}

/**
 * Serves one client over stdin and stdout. With an offer it is greeted while the gateway still opens, or settles what a crash left;
 * what it calls waits for that. The SDK is loaded when the client has been greeted.
 */
export async function openPipes(parts: Promise<McpParts>, { stdin, stdout }: Pipes, offer?: Offer): Promise<PipeDoor> {
  const pipe = new PipeTransport(stdin, stdout)
  const greeting = new Greeting(
    pipe,
    firstAnswers(async () => offer ?? offerOf(await parts)),
  )
  const serving = serveAfter(greeting, parts)
  serving.catch(() => pipe.close()) // who opens the gateway tells why it does not open
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

async function serveAfter(greeting: Greeting, opening: Promise<McpParts>): Promise<{ close(): Promise<void> }> {
  const [parts] = await Promise.all([opening, greeting.over])
  const { serveOverStdio } = await import('../stdio.ts')
  return serveOverStdio(parts, greeting)
}
