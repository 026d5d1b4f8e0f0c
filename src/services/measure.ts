import { readdir } from 'node:fs/promises'
import type { Usage } from './types.ts'

/** What a process takes now; undefined if it has gone. */
export async function usageOf(pid: number): Promise<Usage | undefined> {
  const { default: pidusage } = await import('pidusage')
  const handles = await readdir(`/proc/${pid}/fd`).then(
    (names) => names.length,
    () => null, // only Linux has it
  )
  return pidusage(pid).then(
    ({ cpu, memory }) => ({ cpu: Math.round(cpu * 10) / 10, memory, handles }),
    () => undefined,
  )
}
