import { readFile } from 'node:fs/promises'

/** What a process holds in memory now, in bytes; Linux only. */
export async function residentBytes(pid: number): Promise<number> {
  const pages = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1]
  return Number(pages) * 4096
}
