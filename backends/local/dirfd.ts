import { constants, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { lossy, shown, shownText } from './names.ts'

/** An opened directory, as the system knows it. */
interface Opened {
  readonly fd: number
  readonly dev: bigint
  readonly ino: bigint
}

/**
 * Node has no openat(2): this file knows how a name inside an opened directory is addressed instead, so that no one can
 * swap the folders on the way to it. What differs between systems is here and nowhere else.
 */
interface System {
  /** A path that leads to the opened directory itself, wherever it has been moved. */
  readonly address: (folder: Opened) => string
  /** Never follow a link, nor one on the way where the system can be told so. */
  readonly noFollow: number
  /** Opens a directory that may be searched but not read. */
  readonly searchOnly: number
  /** Two directories of one mount can be renamed into each other. */
  readonly mount: (folder: Opened) => string
  /** A path that leads to an opened file. */
  readonly file: (fd: number) => string
  /** Where the opened directory stands now, as bytes. */
  readonly whereabouts: (folder: Opened) => Buffer | string
}

const linux: System = {
  address: ({ fd }) => `/proc/self/fd/${fd}`,
  noFollow: constants.O_NOFOLLOW,
  searchOnly: 0o10000000, // O_PATH
  // A bind mount has the same device and yet is another mount.
  mount: ({ fd, dev }) => `${dev}/${/^mnt_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]}`,
  file: (fd) => `/proc/self/fd/${fd}`,
  whereabouts: ({ fd }) => {
    const path = readlinkSync(`/proc/self/fd/${fd}`)
    return lossy(path) ? readlinkSync(`/proc/self/fd/${fd}`, 'buffer') : path
  },
}

/** volfs addresses a directory by its number, which an open descriptor keeps from being used again. */
const macos: System = {
  address: ({ dev, ino }) => `/.vol/${dev}/${ino}`,
  noFollow: 0x20000000, // O_NOFOLLOW_ANY
  searchOnly: 0x40000000, // O_EXEC, which is O_SEARCH for a directory
  mount: ({ dev }) => String(dev),
  file: (fd) => `/dev/fd/${fd}`,
  whereabouts: ({ dev, ino }) => realpathSync.native(`/.vol/${dev}/${ino}`),
}

const system = process.platform === 'darwin' ? macos : linux

export const { address, noFollow, searchOnly, mount, file } = system

/** Where an opened directory stands now, in the spelling of names.ts; a removed one stands nowhere. */
export function whereabouts(folder: Opened): string | undefined {
  try {
    const path = system.whereabouts(folder)
    return typeof path === 'string' ? shownText(path) : shown(path)
  } catch {
    return undefined
  }
}

/** What tells this machine's disks from another's; where the system has no name for itself, the data folder's journal is the bound. */
export function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim() || 'here'
  } catch {
    return 'here'
  }
}
