import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { address, noFollow, searchOnly, whereabouts } from './dirfd.ts'
import { isErrno, Refused } from './errors.ts'
import { flush } from './io.ts'
import { onDisk } from './names.ts'

/** Names of our own beside the served ones: staged writes and the trash. They are neither listed nor addressable. */
export const RESERVED = '.polymount-'

/** An opened directory. It stays open until everyone who retains it has let go. */
export class Folder implements Disposable {
  readonly fd: number
  readonly dev: bigint
  readonly ino: bigint
  /** The absolute path where it was opened, without links, in the spelling of names.ts. */
  readonly real: string
  readonly #address: string
  #holders = 1

  /** `path` must lead to a directory and not by a link, else ENOTDIR. */
  constructor(path: string | Buffer, real: string) {
    this.fd = openDirectory(path)
    const { dev, ino } = fstatSync(this.fd, { bigint: true })
    this.dev = dev
    this.ino = ino
    this.real = real
    this.#address = address(this)
  }

  /** A path for system calls. Names that no list shows are refused, so that none can be touched. */
  at(name: string): string | Buffer {
    const bytes = onDisk(name)
    if (bytes === undefined || name.startsWith(RESERVED)) throw new Refused('E_NAME')
    return this.child(bytes)
  }

  /** A path for system calls to any name that is on the disk, our own too. */
  child(name: string): string
  child(name: string | Buffer): string | Buffer
  child(name: string | Buffer): string | Buffer {
    return typeof name === 'string' ? `${this.#address}/${name}` : Buffer.concat([Buffer.from(`${this.#address}/`), name])
  }

  /** A path for system calls to the directory itself. */
  get self(): string {
    return `${this.#address}/.`
  }

  /** False once it was moved or removed: what is done through it then happens somewhere else. */
  get inPlace(): boolean {
    return whereabouts(this) === this.real
  }

  /** Makes changes of its names durable. */
  async sync(): Promise<void> {
    try {
      await flush(this.fd, this.dev)
    } catch (error) {
      // A directory that may be searched but not read cannot be synced; nor can some network file systems.
      if (!isErrno(error, 'EBADF', 'EINVAL')) throw error
    }
  }

  retain(): this {
    this.#holders++
    return this
  }

  [Symbol.dispose](): void {
    if (--this.#holders === 0) closeSync(this.fd)
  }
}

function openDirectory(path: string | Buffer): number {
  const flags = constants.O_DIRECTORY | noFollow
  try {
    return openSync(path, constants.O_RDONLY | flags)
  } catch (error) {
    if (!isErrno(error, 'EACCES')) throw error
    return openSync(path, searchOnly | flags)
  }
}
