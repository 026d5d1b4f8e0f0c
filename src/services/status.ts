import type { ServiceRow } from './store.ts'
import type { ServiceStatus } from './types.ts'

/** A row as callers see it. */
export function statusOf(row: ServiceRow, attempts: number): ServiceStatus {
  const { name, state, reason, since, failures, url, pid, restarts, supervisor, cpu, memory, handles } = row
  return {
    name,
    state,
    reason,
    since,
    failures,
    attempts,
    retryAt: row.retry_at,
    url,
    pid,
    startedAt: row.started_at,
    restarts,
    usage: cpu === null || memory === null ? null : { cpu, memory, handles },
    notes: linesOf(row.notes),
    tail: linesOf(row.tail),
    supervisor,
    held: row.wish === 'stop',
    pending: row.turn !== row.heeded,
  }
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '')
