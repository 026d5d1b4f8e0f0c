import { Threads } from './threads.ts'

/** A leaf in memory that the threads share. */
export interface LeafJob {
  readonly memory: SharedArrayBuffer
  readonly size: number
}

const threads = new Threads<LeafJob, Uint8Array>(new URL('./leaf.worker.ts', import.meta.url), 'hashes')

/** The sha2-256 of a leaf, by another thread. */
export const hashLeaf = (leaf: LeafJob): Promise<Uint8Array> => threads.do(leaf)
