import { closeSync, constants, fdatasync, ftruncateSync, openSync, read, rmSync, statSync, write } from 'node:fs'
import { mkdir, open, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { fromSystem } from '../../core/system.ts'
import type { Spares } from './spares.ts'

const HEX = /^([0-9a-f]{2})+$/
const readPart = promisify(read)
const writePart = promisify(write)
const flush = promisify(fdatasync)
const WRITE = constants.O_WRONLY | constants.O_CREAT

/**
 * Large blocks, a file each, in 256 folders. A file counts only once the index names it, and any two writers of a block
 * write the same bytes to the same places: so it is written where it stands, without a temporary file that a crash
 * would leave behind.
 */
export class BlockFiles {
  readonly #folder: string
  readonly #made = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The bytes are durable when it resolves; the name is after `settle`. */
  async write(multihash: Uint8Array, content: Uint8Array): Promise<void> {
    const file = this.#file(multihash)
    try {
      await this.#make(dirname(file))
      await writeWhole(file, content)
    } catch (error) {
      throw fromSystem(error)
    }
  }

  /** Makes the names of written blocks durable. */
  async settle(multihashes: Iterable<Uint8Array>): Promise<void> {
    const folders = new Set<string>()
    for (const multihash of multihashes) folders.add(dirname(this.#file(multihash)))
    if (folders.size > 0) folders.add(this.#folder) // any of them may be new
    await Promise.all([...folders].map(syncFolder))
  }

  /** undefined where there is none; of one that is longer than it should be no more than shows that. */
  async read(multihash: Uint8Array, size: number, spares?: Spares): Promise<Buffer | undefined> {
    try {
      return await readUpTo(this.#file(multihash), size + 1, spares)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw fromSystem(error)
    }
  }

  async holds(multihash: Uint8Array, size: number): Promise<boolean> {
    return (await stat(this.#file(multihash)).catch(() => undefined))?.size === size
  }

  /** The multihash of every file, whether the index names it or not. */
  async *all(): AsyncGenerator<Buffer> {
    for (const name of await namesIn(this.#folder))
      for (const file of await namesIn(join(this.#folder, name))) if (file.endsWith(name) && HEX.test(file)) yield Buffer.from(file, 'hex')
  }

  /** At once, since a transaction cannot wait. How many bytes that freed; none where there is no file. */
  remove(multihash: Uint8Array): number {
    const bytes = this.sizeOf(multihash)
    try {
      rmSync(this.#file(multihash), { force: true })
    } catch (error) {
      throw fromSystem(error)
    }
    return bytes
  }

  sizeOf(multihash: Uint8Array): number {
    return statSync(this.#file(multihash), { throwIfNoEntry: false })?.size ?? 0
  }

  async #make(folder: string): Promise<void> {
    if (this.#made.has(folder)) return
    await mkdir(folder, { recursive: true, mode: 0o700 })
    this.#made.add(folder)
  }

  #file(multihash: Uint8Array): string {
    const hex = Buffer.from(multihash).toString('hex')
    return join(this.#folder, hex.slice(-2), hex) // the end of a multihash is random, its beginning is not
  }
}

/** Opening and closing take less time here than handing them to another thread and waiting for it; `writeFile` would write parts of 512 KiB. */
async function writeWhole(file: string, content: Uint8Array): Promise<void> {
  const handle = openToWrite(file, content.length)
  try {
    for (let done = 0; done < content.length;) done += (await writePart(handle, content, done, content.length - done, done)).bytesWritten
    await flush(handle)
  } finally {
    closeSync(handle)
  }
}

/** A file that is there already may hold anything, if the disk is damaged. */
function openToWrite(file: string, size: number): number {
  try {
    return openSync(file, WRITE | constants.O_EXCL, 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const handle = openSync(file, WRITE, 0o600)
  ftruncateSync(handle, size)
  return handle
}

/**
 * `readFile` would ask for the size, read parts of 512 KiB and join them. Opening and closing wait for no more than the look
 * into the index did, and save two turns of the thread pool for every MiB of a large file.
 */
async function readUpTo(file: string, most: number, spares?: Spares): Promise<Buffer> {
  const handle = openSync(file, 'r')
  try {
    const buffer = spares?.take(most) ?? Buffer.allocUnsafeSlow(most)
    for (let done = 0; ;) {
      const { bytesRead } = await readPart(handle, buffer, done, most - done, done)
      done += bytesRead
      if (bytesRead === 0 || done >= most - 1) return buffer.subarray(0, done)
    }
  } finally {
    closeSync(handle)
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw fromSystem(error)
  }
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder)
  await handle.sync()
}
