import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bytes, Call } from '../../src/core/backend.ts'
import { inDoubt, surely } from '../../src/core/effect.ts'
import { isCode, throwIfAborted, VfsError } from '../../src/core/error.ts'
import { fromJob } from './errors.ts'
import type { Job, Parameters, Rc } from './rc.ts'

const STOP_MS = 5000
const LONGEST_PAUSE_MS = 500
const ARRIVAL_MS = 30_000
const BYTES_PER_MS = 8 << 10 // the slowest copy inside a storage that we wait for

/** For so long a storage may be at work on a file of this size, or what rclone has asked it for may be on its way when rclone was stopped or killed. */
export const mayTake = (size: number): number => ARRIVAL_MS + size / BYTES_PER_MS

export interface Asked extends Call {
  /** Of what the storage is to work on. */
  readonly size?: number | undefined
}

/**
 * What one change does at a place. rclone has it as jobs of a group that is named after the place, and goes on with them when whoever
 * asked has died: the next one finds them there and stops them, before he looks at what stands.
 */
export class Work {
  readonly #rc: Rc
  readonly #place: string
  readonly #group: string

  constructor(rc: Rc, name: string) {
    this.#rc = rc
    this.#place = `${name}\n`
    this.#group = this.#place + randomUUID()
  }

  /** Until rclone has come to its end: no single answer is waited for, and for as long as that may take it is told that the work goes on. */
  async run(method: string, parameters: Parameters, call: Asked = {}): Promise<void> {
    const { jobid } = await this.#rc.call<{ jobid: number }>(method, { ...parameters, _group: this.#group, _async: true }, call)
    const { success, error } = await this.#end(jobid, call)
    if (!success) throw fromJob(error, parameters)
  }

  /** Both ends in this remote. */
  between(method: 'operations/movefile' | 'operations/copyfile', from: string, to: string, call?: Asked): Promise<void> {
    const { remote } = this.#rc
    return this.run(method, { srcFs: remote, srcRemote: from, dstFs: remote, dstRemote: to }, call)
  }

  upload(folder: string, name: string, source: Bytes, call: Call): Promise<void> {
    return this.#rc.upload({ folder, name, group: this.#group }, source, call)
  }

  /** Where no clear answer comes to a request its work is stopped, and a look tells, without the caller's signal; rejects OUTCOME_UNKNOWN where it does not. */
  async surely(request: () => Promise<unknown>, tookPlace: () => Promise<boolean>): Promise<void> {
    await surely(request, () => this.stop().then(tookPlace), { backend: 'rclone' })
  }

  /** Rejects OUTCOME_UNKNOWN where it does not come to its end. */
  stop(): Promise<void> {
    return this.#stop(this.#group)
  }

  /** Whatever is done at the place, whoever asked for it. */
  stopAll(): Promise<void> {
    return this.#stop(this.#place)
  }

  async #end(jobid: number, { size = 0, going, ...call }: Asked): Promise<Job> {
    const late = performance.now() + mayTake(size)
    for (const pause of growing()) {
      const job = await this.#job(jobid, call).catch((error: unknown) => Promise.reject(lost(error, call)))
      if (job?.group !== this.#group) throw lost(new Error('rclone has forgotten, or was started anew and counts from one'), call)
      if (job.finished) return job
      if (performance.now() < late) going?.()
      await sleep(pause, undefined, call).catch(() => throwIfAborted(call.signal))
    }
    throw new Error('pauses never end')
  }

  async #stop(groups: string): Promise<void> {
    const deadline = Date.now() + STOP_MS
    for (const pause of growing()) {
      const running = await this.#running(groups)
      if (running.length === 0) return
      if (Date.now() > deadline) throw inDoubt(new Error('rclone goes on with it though it was stopped'))
      await Promise.all(running.map(({ id }) => this.#rc.call('job/stop', { jobid: id })))
      await sleep(pause)
    }
  }

  async #running(groups: string): Promise<Job[]> {
    const { runningIds, jobids } = await this.#rc.call<{ runningIds?: readonly number[]; jobids: readonly number[] }>('job/list', {})
    const jobs = await Promise.all((runningIds ?? jobids).map((id) => this.#job(id)))
    return jobs.filter((job) => job !== undefined).filter(({ group, finished }) => !finished && group.startsWith(groups))
  }

  async #job(jobid: number, call: Call = {}): Promise<Job | undefined> {
    try {
      return await this.#rc.call<Job>('job/status', { jobid }, call)
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return undefined
      throw error
    }
  }
}

/** Whatever the reason is that it cannot be asked about: it was begun. */
function lost(cause: unknown, { signal }: Call): VfsError {
  throwIfAborted(signal)
  return new VfsError('UNAVAILABLE', 'rclone does not say how its work ended', { backend: 'rclone', cause })
}

/** A job that took long is looked for more seldom. */
function* growing(): Generator<number, never> {
  for (let pause = 1; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) yield pause
}
