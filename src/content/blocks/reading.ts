import { open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { Threads } from '../threads.ts'

/** A file to be read, of which so many bytes are wanted. */
export interface Reading {
  readonly file: string
  readonly most: number
}

export interface Read {
  readonly content: Buffer
  readonly crc: number
}

/** What a thread answers: the memory becomes ours. An error keeps its code, which a message between threads would lose. */
export type Answer =
  | { readonly memory: ArrayBuffer; readonly size: number; readonly crc: number }
  | { readonly failed: Error; readonly code: string | undefined }

const ALONE = 3 // files that are read at the same time without another thread: for a short content none is worth its start
const QUEUED = 4 // jobs a thread: it never runs dry, and of a slow disk the others are asked for meanwhile

const threads = new Threads<Reading, Answer>(new URL('./reading.worker.ts', import.meta.url), 'reads')
let reading = 0

/** A file and its CRC-32. Of many at a time a thread of its own reads as many as it can, and this one the rest. */
export async function readFile(job: Reading): Promise<Read> {
  reading++
  try {
    return reading > ALONE && threads.hasRoom(QUEUED) ? await readElsewhere(job) : await readHere(job)
  } finally {
    reading--
  }
}

async function readElsewhere(job: Reading): Promise<Read> {
  const answer = await threads.do(job)
  if ('failed' in answer) throw Object.assign(answer.failed, { code: answer.code })
  return { content: Buffer.from(answer.memory, 0, answer.size), crc: answer.crc }
}

/** `readFile` of the library would ask for the size, read parts of 512 KiB and join them. */
async function readHere({ file, most }: Reading): Promise<Read> {
  await using handle = await open(file)
  const buffer = Buffer.allocUnsafeSlow(most)
  let done = 0
  for (let read = -1; read !== 0 && done < most - 1; done += read) read = (await handle.read(buffer, done, most - done, done)).bytesRead
  const content = buffer.subarray(0, done)
  return { content, crc: crc32(content) }
}
