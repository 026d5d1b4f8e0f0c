import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Call } from '../../core/backend.ts'
import { asked, findProgram, unusable } from '../executable.ts'
import { versionIn, warningOf } from './version.ts'

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
  return { path, version, warning: warningOf(version, path) }
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
  const found = versionIn(stdout)
  if (found !== undefined) return found
  const said = problem ?? `it says ${JSON.stringify(stdout.slice(0, 80))}`
  throw unusable(`${path} does not tell a version of Kubo: ${said}`, 'Name the program `ipfs` of Kubo with ipfs.kubo.binary or KUBO_BINARY.')
}
