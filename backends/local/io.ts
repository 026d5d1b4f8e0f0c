import { fsync, fsyncSync, read, readSync, write, writeSync } from 'node:fs'
import { promisify } from 'node:util'

/** Up to here a system call costs less than the way to another thread and back. */
export const SMALL = 64 * 1024

export const readAsync = promisify(read)
const writeAsync = promisify(write)
const fsyncAsync = promisify(fsync)

/** The first `size` bytes of a file, or all if it is shorter. Blocks: for small contents. */
export function readWhole(fd: number, size: number, offset = 0): Buffer {
  const content = Buffer.allocUnsafe(size)
  let got = 0
  for (let step = -1; step !== 0 && got < size; got += step) step = readSync(fd, content, got, size - got, offset + got)
  return content.subarray(0, got)
}

export function writeWhole(fd: number, content: Uint8Array): void {
  for (let done = 0; done < content.length;) done += writeSync(fd, content, done)
}

export async function writeAt(fd: number, part: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < part.length;) done += (await writeAsync(fd, part, done, part.length - done, at + done)).bytesWritten
}

const SLOW = 3 // ms: longer than that nobody else should have to wait
const slow = new Set<bigint>()

/** Makes a descriptor's changes durable: at once where that is quick, in the pool on a disk (by its number) that took long the last time. */
export async function flush(fd: number, dev: bigint, size = 0): Promise<void> {
  const start = performance.now()
  if (size > SMALL || slow.has(dev)) await fsyncAsync(fd)
  else fsyncSync(fd)
  if (size > SMALL) return
  if (performance.now() - start > SLOW) slow.add(dev)
  else slow.delete(dev)
}
