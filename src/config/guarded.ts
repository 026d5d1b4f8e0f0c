import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FILE_NAME } from './file.ts'
import { defaultConfigFolder, type Surroundings } from './folder.ts'
import type { Config } from './schema.ts'

/**
 * What decides what an agent may do: the configuration file (also where one could be put), the folders of the user's own
 * tools, programs that are started, repositories with their keys, and the files of secrets. None of it may be reached
 * through a served folder that happens to hold it.
 */
export async function guardedPaths(config: Config, file: string | undefined, at: Surroundings): Promise<string[]> {
  const secrets = Object.values(config.secrets).map(({ from }) => from)
  const references = [...secrets, config.http.token ?? '', config.ipfs.authorization ?? '']
    .filter((from) => from.startsWith('file:'))
    .map((from) => from.slice('file:'.length))
  const files = file === undefined ? [] : [file]
  const { binary, repo } = config.ipfs.kubo
  const kubo = [binary, repo].filter((path) => path !== undefined)
  return Promise.all([...files, join(defaultConfigFolder(at), FILE_NAME), ...config.tools.paths, ...kubo, ...references].map(realPlace))
}

/** Where a path stands, links resolved as far as there is something. */
async function realPlace(path: string): Promise<string> {
  return realpath(path).catch(async () => (dirname(path) === path ? path : join(await realPlace(dirname(path)), basename(path))))
}
