import { randomUUID } from 'node:crypto'
import type { Bytes, Call, Stat, WriteOptions } from '../../src/core/backend.ts'
import { counted, incoming } from '../../src/core/bytes.ts'
import { afterwards, inDoubt } from '../../src/core/effect.ts'
import { isCode, throwIfAborted, VfsError } from '../../src/core/error.ts'
import type { Locks } from '../../src/core/locks.ts'
import { name, parent, type VfsPath } from '../../src/core/path.ts'
import { Steps } from './steps.ts'
import { OWN, refusal, type StandingFile, told, type View } from './view.ts'

const REPLACED = `${OWN}/replaced`

/** A content that is to take its place. */
interface Staged {
  readonly path: VfsPath
  readonly id: string
  readonly staged: string
  readonly size: number
}

/**
 * Writing of files. New content is staged beside its place; what it replaces is moved aside first, because a storage may remove a file
 * before another one takes its name. So at each moment one of the two is there, and `discard` brings back what a crash left aside.
 */
export class Writes {
  readonly #view: View
  readonly #locks: Locks

  constructor(view: View, locks: Locks) {
    this.#view = view
    this.#locks = locks
  }

  async write(path: VfsPath, source: Bytes, options: WriteOptions): Promise<Stat> {
    const id = options.id ?? randomUUID()
    await this.#replaceable(path, options)
    const [steps, staged] = [new Steps(this.#view.rc, this.#view.workAt(path)), this.#staged(path, id)]
    let size = 0
    try {
      await steps.work.upload(
        folderOf(staged),
        nameOf(staged),
        counted(incoming(source, path, options.signal), (bytes) => void (size = bytes)),
        options,
      )
      throwIfAborted(options.signal, 'write')
      await requireWhole(steps, staged, size, options)
      await options.staged?.(size)
      throwIfAborted(options.signal, 'write')
      return await this.#locks.run(this.#view.place(path), () => this.#publish(steps, { path, id, staged, size }, options))
    } catch (error) {
      // What is in doubt is left to the recovery of its change, and so is what cannot be cleared away now.
      if (!isCode(error, 'OUTCOME_UNKNOWN')) await clear(steps, staged).catch(() => Promise.reject(told(inDoubt(error), 'write', path)))
      throw told(error, 'write', path)
    }
  }

  /** What an interrupted write left: the new content goes, and the old one comes back if its place is empty. */
  async discard(path: VfsPath, id: string, call: Call): Promise<boolean> {
    const [place, aside] = [this.#view.place(path), `${REPLACED}/${id}`]
    const steps = new Steps(this.#view.rc, this.#view.workAt(path))
    const dropped = await steps.drop(this.#staged(path, id))
    if (!(await steps.exists(aside, call))) return dropped
    if (await this.#view.find('discard', path, call)) await steps.drop(aside)
    else await steps.work.between('operations/movefile', aside, place, call)
    return true
  }

  async #publish(steps: Steps, { path, id, staged, size }: Staged, options: WriteOptions): Promise<Stat> {
    const standing = await this.#replaceable(path, options)
    const [place, aside] = [this.#view.place(path), `${REPLACED}/${id}`]
    const { going } = options
    if (standing) await steps.move(place, aside, { going, size: standing.item.Size })
    try {
      await steps.move(staged, place, { going, size })
    } catch (error) {
      if (!isCode(error, 'OUTCOME_UNKNOWN')) await bringBack(steps, standing && aside, place, error)
      throw error
    }
    return afterwards(async () => {
      if (standing) await steps.drop(aside)
      return this.#view.stat(path)
    })
  }

  async #replaceable(path: VfsPath, options: WriteOptions): Promise<StandingFile | undefined> {
    const standing = await this.#view.find('write', path, options)
    if (standing?.kind === 'directory') throw refusal('IS_DIRECTORY', 'write', path, 'is a folder')
    await this.#view.check('write', path, standing, options)
    if (!standing) await this.#view.requireFolder('write', parent(path), options)
    return standing
  }

  #staged(path: VfsPath, id: string): string {
    return [folderOf(this.#view.place(path)), `${OWN}-${id}`].filter((part) => part !== '').join('/')
  }
}

async function clear(steps: Steps, staged: string): Promise<void> {
  await steps.work.stop()
  await steps.drop(staged)
}

/** After a refusal. What fails here leaves something in a place where it is not to stay. */
async function bringBack(steps: Steps, aside: string | undefined, place: string, refused: unknown): Promise<void> {
  try {
    if (await steps.exists(place)) throw refused
    if (aside !== undefined) await steps.work.between('operations/movefile', aside, place)
  } catch (cause) {
    throw inDoubt(cause)
  }
}

async function requireWhole(steps: Steps, place: string, size: number, call: Call): Promise<void> {
  const item = await steps.item(place, call)
  if (item?.Size !== size) throw new VfsError('UNAVAILABLE', `the storage kept ${item?.Size ?? 'none'} of ${size} bytes`, { backend: 'rclone' })
}

const folderOf = (place: string): string => place.slice(0, Math.max(0, place.lastIndexOf('/')))
const nameOf = (place: string): string => name(`/${place}` as VfsPath)
