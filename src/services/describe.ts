import { VfsError } from '../core/error.ts'
import type { ServiceStatus } from './types.ts'

/** True while a caller does best to wait: it has not failed yet. */
export const isComing = ({ state, failures, held }: ServiceStatus): boolean => !held && failures === 0 && (state === 'starting' || state === 'stopped')

/** What stands in the way of a call now, and what happens next. */
export function unavailable(status: ServiceStatus, now: number): VfsError {
  const waitsForPerson = status.held || ['failed', 'stopped', 'stopping'].includes(status.state)
  return new VfsError('SERVICE_UNAVAILABLE', told(status, now), {
    retryable: !waitsForPerson,
    hint: waitsForPerson ? `A person runs: ${remedyOf(status)}` : 'Repeat the call in a moment.',
    details: { service: status.name, state: status.state },
  })
}

const remedyOf = ({ name, state }: ServiceStatus): string => `polymount services ${state === 'failed' ? 'restart' : 'start'} ${name}`

/** One sentence for a person or a model. */
export function told(status: ServiceStatus, now: number): string {
  const { name, state, failures, attempts, held } = status
  const because = status.reason === null ? '' : `: ${status.reason}`
  const attempt = `attempt ${failures} of ${attempts}`
  if (state === 'ready') return `${name} is ready`
  if (state === 'starting') return failures === 0 ? `${name} is starting${because}` : `${name} is starting again, ${attempt}${because}`
  if (state === 'degraded') return `${name} does not answer${because}; it is restarted if that goes on`
  if (state === 'restarting') return `${name} is down${because}; it starts again in ${seconds(status.retryAt, now)}, ${attempt}`
  if (state === 'failed') return `${name} has failed${because}; a person runs: ${remedyOf(status)}`
  return held ? `${name} was stopped by a person, who starts it with: ${remedyOf(status)}` : `${name} is stopped${because}`
}

const seconds = (at: number | null, now: number): string => `${Math.max(0, ((at ?? now) - now) / 1000).toFixed(1)} s`
