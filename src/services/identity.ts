import { execFile } from 'node:child_process'
import { readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { promisify } from 'node:util'

/**
 * When the process of this number was born, in a form that only serves to compare: a number that the system has given to
 * another process since has another one. undefined if no such process runs.
 */
export const bornOf = (pid: number): Promise<string | undefined> => (process.platform === 'linux' ? bornOfLinux(pid) : bornOfOthers(pid))

/** Clock ticks since the machine was started, and which start that was. */
async function bornOfLinux(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return undefined
  const fields = fieldsOf(stat)
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined // it has ended, and nobody has asked how
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
  return `${boot.trim()}:${fields[19]}`
}

/** Behind its name, which can hold anything. */
const fieldsOf = (stat: string): string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ')

async function bornOfOthers(pid: number): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' } }).catch(() => ({
    stdout: '',
  }))
  const [, state = '', born] = /^(\S+)\s+(.+?)\s*$/.exec(stdout) ?? []
  return state.startsWith('Z') ? undefined : born
}

/** A process that once was started by us, wherever: its number alone proves nothing. */
export interface Known {
  readonly pid: number
  readonly born: string
}

export const isAlive = async ({ pid, born }: Known): Promise<boolean> => (await bornOf(pid)) === born

/**
 * True if a process of this group works in this folder. No process gets the number of a group that has members: so if its leader has
 * died, it is the one that was started there. Known on Linux alone.
 */
export async function worksIn(group: number, folder: string): Promise<boolean> {
  const [here, pids] = await Promise.all([realpath(folder).catch(() => folder), readdir('/proc').catch(() => [])])
  for (const pid of pids) if (/^\d+$/.test(pid) && (await groupOf(pid)) === group && (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === here) return true
  return false
}

async function groupOf(pid: string): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat === undefined ? undefined : Number(fieldsOf(stat)[2])
}

/** To the whole group, which a process that we start leads. False if there is nobody any more. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
