import { readdir, readFile } from 'node:fs/promises'
import type { Usage } from './types.ts'

/** What a process takes now, with all that it has started; undefined if it has gone. */
export async function usageOf(pid: number): Promise<Usage | undefined> {
  const [own, ...below] = await Promise.all([pid, ...(await descendants(pid))].map(usageOfOne))
  return own && below.reduce<Usage>((sum, one) => (one ? added(sum, one) : sum), own)
}

async function usageOfOne(pid: number): Promise<Usage | undefined> {
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

const added = (a: Usage, b: Usage): Usage => ({
  cpu: Math.round((a.cpu + b.cpu) * 10) / 10,
  memory: a.memory + b.memory,
  handles: a.handles === null || b.handles === null ? null : a.handles + b.handles,
})

/** Known on Linux alone. */
async function descendants(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  const lists = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')))
  const children = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number))
  return [...children, ...(await Promise.all(children.map(descendants))).flat()]
}
