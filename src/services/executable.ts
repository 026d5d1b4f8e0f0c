import { access, constants, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Call } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'

const LOOK_MS = 10_000

/** What a person has to put right: repeating it does not help. */
export const unusable = (message: string, hint: string): VfsError => new VfsError('SERVICE_UNAVAILABLE', message, { retryable: false, hint })

/** A program that a person named, by the name of the setting. Rejects with what is wrong with it. */
async function named(path: string, setting: string): Promise<string> {
  if (await isExecutable(path)) return path
  const there = await stat(path).catch(() => undefined)
  throw unusable(`${setting} names ${path}, which ${there ? 'is no program that may be run' : 'is not there'}`, `Correct ${setting}.`)
}

const isExecutable = (path: string): Promise<boolean> =>
  Promise.all([access(path, constants.X_OK), stat(path)]).then(
    ([, found]) => found.isFile(),
    () => false,
  )

/** Never relative to the current folder, which may be one that an agent writes to. */
const onPath = (program: string, env: NodeJS.ProcessEnv): string[] =>
  (env['PATH'] ?? '')
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, program))

export interface ProgramSources {
  /** What people call it, if not by the name of the program. */
  readonly title?: string | undefined
  /** Of the configuration, by this setting. */
  readonly binary: string | undefined
  readonly setting: string
  readonly variable: string
  /** Where a person gets it. */
  readonly install: string
  readonly env: NodeJS.ProcessEnv
  /** Where else it may be. */
  readonly beside?: readonly string[] | undefined
}

/** A program by its setting, its variable, or its name on the PATH. Rejects SERVICE_UNAVAILABLE with what a person does; that is not retryable. */
export async function findProgram(name: string, { title = name, binary, setting, variable, install, env, beside = [] }: ProgramSources): Promise<string> {
  if (binary !== undefined) return named(binary, setting)
  const value = env[variable]
  if (value) return named(value, variable)
  for (const path of [...onPath(name, env), ...beside]) if (await isExecutable(path)) return path
  throw unusable(`there is no ${title} on this machine`, `Install it (${install}), or set ${setting} or ${variable}.`)
}

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
