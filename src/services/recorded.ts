import { join } from 'node:path'
import type { Known } from './identity.ts'
import { Program } from './program.ts'
import type { Recorded, Store, Told } from './store.ts'
import type { ServiceSpec } from './types.ts'

export const NOBODY = { pid: null, born: null, settings: null, started_at: null } as const

export const QUIET: Omit<Told, 'since' | 'heeded'> = {
  state: 'stopped',
  reason: null,
  failures: 0,
  retry_at: null,
  url: null,
  supervisor: null,
  restarts: 0,
  cpu: null,
  memory: null,
  handles: null,
  notes: '',
  tail: '',
}

/** The process that a row tells of; whether it still runs is another question. */
export const knownOf = ({ pid, born }: Recorded): Known | undefined => (pid === null || born === null ? undefined : { pid, born })

export const portsOf = ({ ports }: Recorded): Record<string, number> => JSON.parse(ports) as Record<string, number>

export const pipeIn = (folder: string): string => join(folder, 'output.pipe')

/** Ends a process of ours that nobody supervises; the caller holds the service. */
export async function endRecorded(spec: ServiceSpec, store: Store, folder: string): Promise<void> {
  const row = store.row(spec.name)
  const known = knownOf(row)
  const program = known && (await Program.adopt(known, { pipe: pipeIn(folder), folder, take: async () => {} }))
  await program?.end(spec.stop)
  await store.recordEnd(spec.name)
  await store.tell(spec.name, { ...QUIET, since: Date.now(), heeded: row.turn })
}
