import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
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
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (state === 'Z' || state === 'X') return undefined // it has ended, and nobody has asked how
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
  return `${boot.trim()}:${fields[18]}`
}

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

/** To the whole group, which a process that we start leads. False if there is nobody any more. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
