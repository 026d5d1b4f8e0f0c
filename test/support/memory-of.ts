import { readFile, writeFile } from 'node:fs/promises'

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

/** The most that it held while something was done, by the kernel's own count: no peak is between two looks. Linux only. */
export async function peakDuring(pid: number, work: () => Promise<void>): Promise<number> {
  await writeFile(`/proc/${pid}/clear_refs`, '5') // the count begins anew
  await work()
  const kib = /^VmHWM:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) * 1024
}
