import { parentPort, workerData } from 'node:worker_threads'
import { grep } from './grep.ts'
import { Control, type Job, type Reply, type WorkerInit } from './protocol.ts'
import { bytesSource, type Source } from './source.ts'

const { engine, control: shared } = workerData as WorkerInit
const control = new Control(shared)
const say = (reply: Reply): void => parentPort?.postMessage(reply)

parentPort?.on('message', (job: Job) => {
  try {
    say({ outcome: grep(engine, job.task, { open: (file) => open(job, file), stopped: () => control.stopped }) })
  } catch (failed) {
    say({ failed })
  }
})

function open({ items, bytes }: Job, file: number): Source {
  const item = items[file]
  if (item === undefined || item === 'absent') throw new Error('the file could not be read')
  if (item === 'pieces') return { next: () => control.take(() => say({ wanted: file })), close() {} }
  return bytesSource(new Uint8Array(bytes, item.offset, item.length))
}
