import { access, constants, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Call } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'

const LOOK_MS = 10_000

/** What a person has to put right: repeating it does not help. */
export const unusable = (message: string, hint: string): VfsError => new VfsError('SERVICE_UNAVAILABLE', message, { retryable: false, hint })

/** A program that a person named, by the name of the setting. Rejects with what is wrong with it. */
export async function named(path: string, setting: string): Promise<string> {
  if (await isExecutable(path)) return path
  const there = await stat(path).catch(() => undefined)
  throw unusable(`${setting} names ${path}, which ${there ? 'is no program that may be run' : 'is not there'}`, `Correct ${setting}.`)
}

export const isExecutable = (path: string): Promise<boolean> =>
  Promise.all([access(path, constants.X_OK), stat(path)]).then(
    ([, found]) => found.isFile(),
    () => false,
  )

/** Never relative to the current folder, which may be one that an agent writes to. */
export const onPath = (program: string, env: NodeJS.ProcessEnv): string[] =>
  (env['PATH'] ?? '')
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, program))

export interface Said {
  readonly stdout: string
  /** Why it could not be run to its end. */
  readonly problem: string | undefined
}

/** Runs a program that answers at once and changes nothing. It is given nothing of our environment but what is named. */
export async function asked(path: string, args: readonly string[], env: Readonly<Record<string, string>>, { signal }: Call): Promise<Said> {
  const { execa } = await import('execa')
  const { stdout, failed, shortMessage } = await execa(path, [...args], {
    reject: false,
    stdin: 'ignore',
    timeout: LOOK_MS,
    maxBuffer: 1 << 16,
    env: { PATH: '/usr/bin:/bin', ...env },
    extendEnv: false,
    ...(signal && { cancelSignal: signal }),
  })
  return { stdout, problem: failed ? shortMessage : undefined }
}
