import type { Events } from '../core/events.ts'

type Tell = (message: string, error: unknown) => void

/** Tells a person who reads the log when a service breaks, each way of it once, and when it serves again. What he asked for himself, and what goes well, needs no word. */
export function troubles(tell: Tell): (...event: Events['service']) => void {
  const known = new Map<string, string>()
  return ({ name, state, reason }) => {
    const before = known.get(name)
    if (state === 'ready' && before !== undefined) {
      known.delete(name)
      return tell(`${name}: ready`, `it was ${before}`)
    }
    if (reason === null || !BROKEN.has(state) || before === state) return
    known.set(name, state)
    tell(`${name}: ${state}`, reason)
  }
}

const BROKEN: ReadonlySet<string> = new Set(['degraded', 'restarting', 'failed'])
