import { readFile } from 'node:fs/promises'

/** What a process holds in memory now, in bytes; Linux only. */
export async function residentBytes(pid: number): Promise<number> {
  const pages = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1]
  return Number(pages) * 4096
}

/** The most that it held while something was done. */
export async function peakDuring(pid: number, work: () => Promise<void>): Promise<number> {
  let peak = 0
  const watch = setInterval(() => void residentBytes(pid).then((now) => (peak = Math.max(peak, now))), 20)
  try {
    await work()
  } finally {
    clearInterval(watch)
  }
  return peak
}
