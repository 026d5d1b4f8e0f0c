import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadModule } from '../core/backend.ts'
import { ROOT } from '../core/path.ts'
import { grep, type Outcome } from './grep.ts'
import { Control, type Job, type Packed, type Reply, type WorkerInit } from './protocol.ts'
import { bytesSource, fileSource, type Source } from './source.ts'

const { engine, control: shared } = workerData as WorkerInit
const control = new Control(shared)
const stopped = (): boolean => control.stopped
const say = (reply: Reply): void => parentPort?.postMessage(reply)

parentPort?.on('message', (job: Job) => {
  run(job).then(
    (outcome) => say({ outcome }),
    (failed: unknown) => say({ failed }),
  )
})

async function run({ task, files }: Job): Promise<Outcome> {
  if ('bytes' in files) return grep(engine, task, { stopped, open: (file) => unpack(files, file) })
  const module = (await import(files.access.module)) as ThreadModule
  using reader = module.openReader(files.access.init)
  return grep(engine, task, { stopped, open: (file) => fileSource(reader.open(files.paths[file] ?? ROOT)) })
}

function unpack({ items, bytes }: Packed, file: number): Source {
  const item = items[file]
  if (item === undefined || item === 'absent') throw new Error('the file could not be read')
  if (item === 'pieces') return { next: () => control.take(() => say({ wanted: file })), close() {} }
  return bytesSource(new Uint8Array(bytes, item.offset, item.length))
}
