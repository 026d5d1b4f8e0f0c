import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Call } from '../../core/backend.ts'
import { asked, findProgram, unusable } from '../executable.ts'

/** The first with the profile `unixfs-v1-2025`, without which CIDs are others. */
const OLDEST = [0, 40, 0] as const
/** What the tests run: from this version up to the next minor one. */
const TESTED = [0, 43, 0] as const

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

const locate = ({ binary, env }: BinarySources): Promise<string> =>
  findProgram('ipfs', { title: 'Kubo', binary, setting: 'ipfs.kubo.binary', variable: 'KUBO_BINARY', env, ...besideUs() })

const INSTALL = 'https://docs.ipfs.tech/install/command-line'

/** Of the npm package kubo, if it is installed beside us. Without its install script, which newer npm does not run by itself, it lacks the program. */
function besideUs(): { readonly beside: readonly string[]; readonly install: string } {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('kubo/package.json'))
    return { beside: [join(folder, 'kubo/ipfs')], install: `node ${join(folder, 'bin/ipfs')} version, which downloads it for the npm package that is here` }
  } catch {
    return { beside: [], install: INSTALL }
  }
}

async function versionOf(path: string, signal: AbortSignal | undefined): Promise<string> {
  const { stdout, problem } = await asked(path, ['version', '--number'], { IPFS_PATH: '/nonexistent' }, { signal })
  const found = /^v?(\d+\.\d+\.\d+)/.exec(stdout.trim())?.[1]
  if (found !== undefined) return found
  const said = problem ?? `it says ${JSON.stringify(stdout.slice(0, 80))}`
  throw unusable(`${path} does not tell a version of Kubo: ${said}`, 'Name the program `ipfs` of Kubo with ipfs.kubo.binary or KUBO_BINARY.')
}

const compare = (a: readonly number[], b: readonly number[]): number => a.map((part, at) => part - (b[at] ?? 0)).find((difference) => difference !== 0) ?? 0
