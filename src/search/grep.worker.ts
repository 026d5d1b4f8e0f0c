import { parentPort, workerData } from 'node:worker_threads'
import { type Bench, runJob } from './job.ts'
import { Control, type Job, type Reply, type WorkerInit } from './protocol.ts'

const { engine, control } = workerData as WorkerInit
const say = (reply: Reply): void => parentPort?.postMessage(reply)
const bench: Bench = { engine, control: new Control(control), want: (wanted) => say({ wanted }) }

parentPort?.on('message', (job: Job) => {
  runJob(job, bench).then(
    (outcome) => say({ outcome }),
    (failed: unknown) => say({ failed }),
  )
})
