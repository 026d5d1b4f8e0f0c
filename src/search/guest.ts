import { randomFillSync } from 'node:crypto'
import { FILETYPE, GuestMemory } from './guest-memory.ts'

/** One file that the guest has open. */
export interface Reader {
  /** Fills the beginning of `target` and tells how much; 0 at the end. */
  read(target: Uint8Array): number
  close(): void
}

/** All that a guest sees of the world. What these throw ends the guest. */
export interface World {
  readonly args: readonly string[]
  has(name: string): boolean
  open(name: string): Reader | undefined
  /** The bytes are valid during the call only. */
  stdout(bytes: Uint8Array): void
  stderr(bytes: Uint8Array): void
}

const STDOUT = 1
const ROOT = 3
const SLASH = 47

/** Error numbers of WASI preview 1. A call that returns nothing has succeeded: undefined becomes 0 on its way into the guest. */
const BADF = 8
const NOENT = 44
const NOTSUP = 58
type Errno = number | void

const nothing = (): void => {}
const unsupported = (): Errno => NOTSUP

class Exit {
  readonly code: number
  constructor(code: number) {
    this.code = code
  }
}

/** Runs a WASI preview 1 command to its end and returns its exit code. Its one folder is `/`, where every name is asked of the world. */
export function runGuest(module: WebAssembly.Module, world: World): number {
  const guest = new Guest(world)
  const { exports } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: guest.imports() })
  guest.memory.attach(exports['memory'] as WebAssembly.Memory)
  try {
    ;(exports['_start'] as () => void)()
    return 0
  } catch (error) {
    if (error instanceof Exit) return error.code
    throw error
  } finally {
    guest.closeAll()
  }
}

class Guest {
  readonly memory = new GuestMemory()
  readonly #world: World
  readonly #args: readonly Uint8Array[]
  readonly #files = new Map<number, Reader>()
  #next = ROOT + 1

  constructor(world: World) {
    this.#world = world
    this.#args = world.args.map((argument) => Buffer.from(`${argument}\0`))
  }

  imports(): Record<string, unknown> {
    return { ...this.#process(), ...this.#streams(), ...this.#paths() }
  }

  closeAll(): void {
    for (const file of this.#files.values()) file.close()
    this.#files.clear()
  }

  #process(): Record<string, unknown> {
    const { memory } = this
    return {
      args_sizes_get: (count: number, size: number) => this.#argsSizes(count, size),
      args_get: (pointers: number, target: number) => this.#argsGet(pointers, target),
      environ_sizes_get: (count: number, size: number) => {
        memory.u32(count, 0)
        memory.u32(size, 0)
      },
      environ_get: nothing,
      clock_time_get: (_id: number, _precision: bigint, target: number) => memory.view.setBigUint64(target, process.hrtime.bigint(), true),
      random_get: (target: number, length: number) => void randomFillSync(memory.bytes(target, length)),
      sched_yield: nothing,
      poll_oneoff: unsupported,
      proc_exit: (code: number) => {
        throw new Exit(code)
      },
    }
  }

  #streams(): Record<string, unknown> {
    return {
      fd_read: (fd: number, vectors: number, count: number, done: number) => this.#read(fd, vectors, count, done),
      fd_write: (fd: number, vectors: number, count: number, done: number) => this.#write(fd, vectors, count, done),
      fd_close: (fd: number) => this.#close(fd),
      fd_seek: unsupported,
      fd_fdstat_set_flags: nothing,
      fd_fdstat_get: (fd: number, target: number) => this.memory.fdstat(target, kindOf(fd)),
      fd_filestat_get: (fd: number, target: number) => this.memory.filestat(target, kindOf(fd)),
    }
  }

  #paths(): Record<string, unknown> {
    return {
      fd_prestat_get: (fd: number, target: number) => this.#prestat(fd, target),
      fd_prestat_dir_name: (_fd: number, target: number) => this.memory.view.setUint8(target, SLASH),
      fd_readdir: unsupported,
      path_readlink: unsupported,
      path_filestat_get: (_fd: number, _flags: number, name: number, length: number, target: number) => this.#stat(this.memory.text(name, length), target),
      // The guest only reads, so rights and flags say nothing new.
      path_open: (...call: PathOpen) => this.#open(this.memory.text(call[2], call[3]), call[8]),
    }
  }

  #argsSizes(count: number, size: number): void {
    this.memory.u32(count, this.#args.length)
    this.memory.u32(
      size,
      this.#args.reduce((sum, argument) => sum + argument.length, 0),
    )
  }

  #argsGet(pointers: number, target: number): void {
    let at = target
    for (const [index, argument] of this.#args.entries()) {
      this.memory.u32(pointers + index * 4, at)
      this.memory.bytes(at, argument.length).set(argument)
      at += argument.length
    }
  }

  /** One folder is open from the start. */
  #prestat(fd: number, target: number): Errno {
    if (fd !== ROOT) return BADF
    this.memory.u32(target, 0)
    this.memory.u32(target + 4, 1)
  }

  #stat(name: string, target: number): Errno {
    if (!this.#world.has(name)) return NOENT
    this.memory.filestat(target, FILETYPE.file)
  }

  #open(name: string, target: number): Errno {
    const file = this.#world.open(name)
    if (!file) return NOENT
    this.#files.set(this.#next, file)
    this.memory.u32(target, this.#next++)
  }

  #read(fd: number, vectors: number, count: number, done: number): Errno {
    const file = this.#files.get(fd)
    if (!file) return BADF
    let total = 0
    for (const target of this.memory.vectors(vectors, count)) {
      const size = file.read(target)
      total += size
      if (size < target.length) break
    }
    this.memory.u32(done, total)
  }

  #write(fd: number, vectors: number, count: number, done: number): void {
    let total = 0
    for (const bytes of this.memory.vectors(vectors, count)) {
      if (fd === STDOUT) this.#world.stdout(bytes)
      else this.#world.stderr(bytes)
      total += bytes.length
    }
    this.memory.u32(done, total)
  }

  #close(fd: number): void {
    this.#files.get(fd)?.close()
    this.#files.delete(fd)
  }
}

/** path_open's arguments: folder, lookup flags, name and its length, open flags, two sets of rights, descriptor flags, result. */
type PathOpen = [number, number, number, number, number, bigint, bigint, number, number]

const kindOf = (fd: number): number => (fd < ROOT ? FILETYPE.character : fd === ROOT ? FILETYPE.directory : FILETYPE.file)
