import { hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { crc32 } from 'node:zlib'
import type { LeafJob, Sums } from './leaf-threads.ts'

parentPort?.on('message', (job: LeafJob) => parentPort?.postMessage(sumsOf(job)))

function sumsOf({ memory, size, kept }: LeafJob): Sums {
  const leaf = new Uint8Array(memory, 0, size)
  return { digest: hash('sha256', leaf, 'buffer'), crc: kept ? crc32(leaf) : undefined }
}
