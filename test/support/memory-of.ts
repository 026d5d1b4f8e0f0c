import { readFile } from 'node:fs/promises'

/** What a process holds in memory now, in bytes; Linux only. */
export async function residentBytes(pid: number): Promise<number> {
  const pages = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1]
  return Number(pages) * 4096
}

/** The least and the most that it held while something was done. */
export async function rangeDuring(pid: number, work: () => Promise<void>): Promise<{ readonly least: number; readonly most: number }> {
  let [least, most] = [Infinity, 0]
  const look = async (): Promise<void> => {
    const now = await residentBytes(pid)
    ;[least, most] = [Math.min(least, now), Math.max(most, now)]
  }
  await look()
  const watch = setInterval(() => void look(), 20)
  try {
    await work()
  } finally {
    clearInterval(watch)
  }
  return { least, most }
}

export const peakDuring = async (pid: number, work: () => Promise<void>): Promise<number> => (await rangeDuring(pid, work)).most
