import { access, constants, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Call } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'

/** The first with the profile `unixfs-v1-2025`, without which CIDs are others. */
const OLDEST = [0, 40, 0] as const
/** What the tests run: from this version up to the next minor one. */
const TESTED = [0, 43, 0] as const

const LOOK_MS = 10_000

export interface Binary {
  readonly path: string
  readonly version: string
  /** undefined within the tested range. */
  readonly warning: string | undefined
}

export interface BinarySources {
  /** Of the configuration. */
  readonly binary?: string | undefined
  readonly env: NodeJS.ProcessEnv
}

/** The program, and whether it is one that we know. Rejects SERVICE_UNAVAILABLE with what a person does; that is not retryable. */
export async function findBinary(sources: BinarySources, { signal }: Call = {}): Promise<Binary> {
  const path = await locate(sources)
  const version = await versionOf(path, signal)
  const parts = version.split('.').map(Number)
  if (compare(parts, OLDEST) < 0)
    throw unusable(`${path} is Kubo ${version}, which is too old`, `Install Kubo ${OLDEST.join('.')} or newer; ${TESTED[0]}.${TESTED[1]} is tested.`)
  const tested = parts[0] === TESTED[0] && parts[1] === TESTED[1]
  return { path, version, warning: tested ? undefined : `Kubo ${version} is not tested with this polymount; ${TESTED[0]}.${TESTED[1]} is` }
}

async function locate({ binary, env }: BinarySources): Promise<string> {
  if (binary !== undefined) return executable(binary, 'ipfs.kubo.binary')
  const named = env['KUBO_BINARY']
  if (named) return executable(named, 'KUBO_BINARY')
  for (const path of [...onPath(env), ...ofPackage()]) if (await isExecutable(path)) return path
  throw unusable('there is no Kubo on this machine', 'Install it (https://docs.ipfs.tech/install/command-line), or set ipfs.kubo.binary or KUBO_BINARY.')
}

async function executable(path: string, source: string): Promise<string> {
  if (await isExecutable(path)) return path
  const there = await stat(path).catch(() => undefined)
  throw unusable(`${source} names ${path}, which ${there ? 'is no program that may be run' : 'is not there'}`, `Correct ${source}.`)
}

const isExecutable = (path: string): Promise<boolean> =>
  Promise.all([access(path, constants.X_OK), stat(path)]).then(
    ([, found]) => found.isFile(),
    () => false,
  )

/** Never relative to the current folder, which may be one that an agent writes to. */
const onPath = (env: NodeJS.ProcessEnv): string[] =>
  (env['PATH'] ?? '')
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, 'ipfs'))

/** Of the npm package kubo, if it is installed beside us: it puts the program there when it is asked to. */
function ofPackage(): string[] {
  try {
    return [createRequire(import.meta.url).resolve('kubo/kubo/ipfs')]
  } catch {
    return []
  }
}

async function versionOf(path: string, signal: AbortSignal | undefined): Promise<string> {
  const { execa } = await import('execa')
  const { stdout, shortMessage } = await execa(path, ['version', '--number'], {
    reject: false,
    stdin: 'ignore',
    timeout: LOOK_MS,
    maxBuffer: 1 << 16,
    env: { PATH: '/usr/bin:/bin', IPFS_PATH: '/nonexistent' },
    extendEnv: false,
    ...(signal && { cancelSignal: signal }),
  })
  const found = /^v?(\d+\.\d+\.\d+)/.exec(stdout.trim())?.[1]
  if (found !== undefined) return found
  const said = shortMessage ?? `it says ${JSON.stringify(stdout.slice(0, 80))}`
  throw unusable(`${path} does not tell a version of Kubo: ${said}`, 'Name the program `ipfs` of Kubo with ipfs.kubo.binary or KUBO_BINARY.')
}

const compare = (a: readonly number[], b: readonly number[]): number => a.map((part, at) => part - (b[at] ?? 0)).find((difference) => difference !== 0) ?? 0

export const unusable = (message: string, hint: string): VfsError => new VfsError('SERVICE_UNAVAILABLE', message, { retryable: false, hint })
