import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The value below which half of the samples lie. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** Milliseconds of one piece of work. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** The median of many, one after the other. */
export async function oneByOne(times: number, work: (at: number) => Promise<unknown>): Promise<number> {
  const samples: number[] = []
  for (let at = 0; at < times; at++) samples.push(await timed(() => work(at)))
  return median(samples)
}

/** Pieces of work per second with so many in flight. */
export async function inFlight(lanes: number, times: number, work: (at: number) => Promise<unknown>): Promise<number> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < times) await work(next++)
  }
  const ms = await timed(() => Promise.all(Array.from({ length: lanes }, lane)))
  return (times / ms) * 1000
}

/**
 * Each contestant in turn, several rounds, so that what the machine does meanwhile meets all of them; the first round warms up
 * and does not count. What one of them left in memory unflushed goes to the disk before the next begins, who would wait for it
 * otherwise. The median of each.
 */
export async function alternately(rounds: number, contestants: readonly (() => Promise<number>)[]): Promise<number[]> {
  const samples: number[][] = contestants.map(() => [])
  for (let round = 0; round <= rounds; round++)
    for (const [at, measure] of contestants.entries()) {
      await run('sync')
      const value = await measure()
      if (round > 0) samples[at]?.push(value)
    }
  return samples.map(median)
}
