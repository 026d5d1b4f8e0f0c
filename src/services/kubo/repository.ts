import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Call } from '../../core/backend.ts'
import { unusable } from '../executable.ts'
import { configured, type KuboConfig, type OwnSettings } from './settings.ts'

/** Makes the repository at the first start, and sets what the configuration says at every one. */
export async function prepareOwn(repo: string, binary: string, settings: OwnSettings, env: Readonly<Record<string, string>>, call: Call): Promise<void> {
  if (!(await hasConfig(repo))) await init(repo, binary, env, call)
  await writeConfig(repo, configured(await readConfig(repo), settings))
}

export const hasConfig = (repo: string): Promise<boolean> =>
  readFile(join(repo, 'config')).then(
    () => true,
    () => false,
  )

export async function readConfig(repo: string): Promise<KuboConfig> {
  try {
    return JSON.parse(await readFile(join(repo, 'config'), 'utf8')) as KuboConfig
  } catch (cause) {
    const what = cause instanceof SyntaxError ? 'is not JSON' : `cannot be read (${(cause as NodeJS.ErrnoException).code})`
    throw unusable(`the configuration of the repository ${repo} ${what}`, 'Restore its file `config` from a backup, or move the repository away to begin anew.')
  }
}

/** Beside its place and renamed: a start that is killed half way leaves no half repository. */
async function init(repo: string, binary: string, env: Readonly<Record<string, string>>, { signal }: Call): Promise<void> {
  const { execa } = await import('execa')
  const fresh = `${repo}.new`
  await rm(fresh, { recursive: true, force: true })
  const { failed, shortMessage, stderr } = await execa(binary, ['init', '--profile=unixfs-v1-2025'], {
    reject: false,
    stdin: 'ignore',
    maxBuffer: 1 << 16,
    env: { ...env, IPFS_PATH: fresh },
    extendEnv: false,
    ...(signal && { cancelSignal: signal }),
  })
  if (failed) throw new Error(`the repository could not be made: ${stderr.trim().split('\n').at(-1) || shortMessage}`)
  await rename(fresh, repo)
}

async function writeConfig(repo: string, config: KuboConfig): Promise<void> {
  const temporary = join(repo, 'config.new')
  {
    await using handle = await open(temporary, 'w', 0o600)
    await handle.writeFile(JSON.stringify(config, null, 2))
    await handle.sync()
  }
  await rename(temporary, join(repo, 'config'))
}
