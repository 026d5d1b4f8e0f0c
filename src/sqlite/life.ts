import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { VfsError } from '../core/error.ts'
import { Hold } from './hold.ts'

/** What a row of a shared database names its process by. */
export interface Sign {
  readonly lock: string
  readonly pid: number
}

/**
 * The proof that this process lives, for rows that stand in its name. First the lock, then the rows: a row without a held
 * lock is of a dead process (journal.md, 3).
 */
export class Life {
  readonly sign: Sign
  readonly #hold: Hold

  private constructor(sign: Sign, hold: Hold) {
    this.sign = sign
    this.#hold = hold
  }

  /** In this folder, which is made if it is not there. */
  static begin(folder: string): Life {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const lock = randomUUID()
    const hold = Hold.try(folder, lock)
    if (!hold) throw new VfsError('INTERNAL', 'a lock file of a new name is held by somebody')
    flushFolder(folder)
    return new Life({ lock, pid: process.pid }, hold)
  }

  /** `forgotten`: no row stands in its name any more, so nobody will ask for its lock again. */
  end({ forgotten }: { readonly forgotten: boolean }): void {
    if (forgotten) this.#hold.remove()
    else this.#hold.release()
  }
}

/** If the process is dead, runs `forget` while no other process can judge it; `forget` tells whether nothing stands in its name any more. */
export async function ifDead(folder: string, sign: Sign, forget: () => Promise<boolean>): Promise<boolean> {
  const hold = Hold.try(folder, sign.lock, { existing: true })
  if (!hold && !isLost(folder, sign)) return false
  let forgotten = false
  try {
    forgotten = await forget()
  } finally {
    if (forgotten) hold?.remove()
    else hold?.release()
  }
  return true
}

/** Somebody has deleted the lock file, so nothing can be proven by it: then the process counts as dead once its number is free. */
const isLost = (folder: string, { lock, pid }: Sign): boolean => !existsSync(join(folder, `${lock}.lock`)) && !isRunning(pid)

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/** So that a power cut does not take a lock file whose row has stayed. */
function flushFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
