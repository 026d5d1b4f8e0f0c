import { hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import type { LeafJob } from './leaf-threads.ts'

parentPort?.on('message', ({ memory, size }: LeafJob) => parentPort?.postMessage(hash('sha256', new Uint8Array(memory, 0, size), 'buffer')))
