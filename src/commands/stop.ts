import { setTimeout as sleep } from 'node:timers/promises'
import { EXIT, type ExitCode } from './exit.ts'
import { type Io, print } from './io.ts'

/** A host kills what has not ended by then. What was not finished is undone or finished by the next start. */
const STOP_MS = 5_000

/** Ends the work of a command that is asked to stop. */
export function interrupted({ signals }: Io): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) signals.on(signal, () => controller.abort())
  return controller.signal
}

/** Resolves when the process is asked to stop, or when its only client has gone. */
export async function stopRequested(closed: Promise<unknown>, { signals }: Io): Promise<void> {
  const { promise: signalled, resolve } = Promise.withResolvers<void>()
  signals.on('SIGINT', resolve)
  signals.on('SIGTERM', resolve)
  try {
    await Promise.race([signalled, closed])
  } finally {
    signals.off('SIGINT', resolve)
    signals.off('SIGTERM', resolve)
  }
}

/** A second SIGINT or SIGTERM meets no listener any more, and ends the process at once. */
export async function stopWithin(io: Pick<Io, 'stderr'>, work: () => Promise<ExitCode>, ms = STOP_MS): Promise<ExitCode> {
  const done = new AbortController()
  const late = async (): Promise<ExitCode> => {
    await sleep(ms, undefined, { signal: done.signal })
    await print(io.stderr, `polymount: not everything had ended after ${ms} ms; the next start settles what was open\n`)
    return EXIT.failed
  }
  try {
    return await Promise.race([work(), late()])
  } finally {
    done.abort()
  }
}
