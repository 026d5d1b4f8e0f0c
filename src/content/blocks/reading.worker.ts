import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { crc32 } from 'node:zlib'
import type { Answer, Reading } from './reading.ts'

parentPort?.on('message', (job: Reading) => {
  const answer = answerTo(job)
  parentPort?.postMessage(answer, 'memory' in answer ? [answer.memory] : [])
})

function answerTo({ file, most }: Reading): Answer {
  try {
    const memory = new ArrayBuffer(most)
    const size = readInto(Buffer.from(memory), file)
    return { memory, size, crc: crc32(Buffer.from(memory, 0, size)) }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { failed: error as Error, code }
  }
}

/** How many bytes there were; one that is missing in the end is not asked for again. */
function readInto(buffer: Buffer, file: string): number {
  const fd = openSync(file, 'r')
  try {
    let done = 0
    for (let read = -1; read !== 0 && done < buffer.length - 1; done += read) read = readSync(fd, buffer, done, buffer.length - done, done)
    return done
  } finally {
    closeSync(fd)
  }
}
