import { readFileSync, statfsSync } from 'node:fs'
import { VfsError } from '../core/error.ts'

/** Magic numbers of statfs(2): file systems whose locks or shared memory do not hold between the processes of WAL. */
const REMOTE: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xfe534d42, 'smb2'],
  [0xff534d42, 'cifs'],
  [0x01021997, '9p'],
])
const FUSE = 0x65735546 // virtiofs shows itself as FUSE, and so do safe ones such as fuse-overlayfs
const REMOTE_FUSE = /^(virtiofs|fuse\.(sshfs|rclone|s3fs|gcsfuse|glusterfs))$/

/** Where the data folder lies; `type` as statfs tells it, `mounts` as Linux writes /proc/self/mountinfo. */
export interface Ground {
  readonly type: number
  mounts(): string
}

/** Throws DATA_FOLDER_UNSUPPORTED where WAL would lose commits (journal.md, 21). */
export function requireLocalDisk(folder: string, ground: Ground = groundOf(folder)): void {
  const name = REMOTE.get(ground.type >>> 0) ?? (ground.type === FUSE ? remoteFuse(folder, ground.mounts()) : undefined)
  if (name === undefined) return
  throw new VfsError('DATA_FOLDER_UNSUPPORTED', `the data folder ${folder} lies on ${name}, where SQLite cannot keep its journal safely`, {
    details: { filesystem: name },
  })
}

const groundOf = (folder: string): Ground => ({
  type: process.platform === 'linux' ? statfsSync(folder).type : 0, // the numbers are Linux's
  mounts: () => readFileSync('/proc/self/mountinfo', 'utf8'),
})

/** The name of the file system that holds the folder, if it is a remote one. */
function remoteFuse(folder: string, mounts: string): string | undefined {
  const mount = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , , , point]) => point !== undefined && `${folder}/`.startsWith(point === '/' ? '/' : `${point}/`))
    .reduce<string[]>((longest, each) => ((each[4]?.length ?? 0) >= (longest[4]?.length ?? 0) ? each : longest), [])
  const type = mount[mount.indexOf('-') + 1] // optional fields end at "-"
  return type !== undefined && REMOTE_FUSE.test(type) ? type : undefined
}
