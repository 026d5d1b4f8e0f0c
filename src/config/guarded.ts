import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { referencesIn } from '../core/secret-parts.ts'
import { FILE_NAME } from './file.ts'
import { defaultConfigFolder, type Surroundings, xdg } from './folder.ts'
import type { Config } from './schema.ts'

/**
 * What decides what an agent may do: the configuration file (also where one could be put), the folders of the user's own
 * tools, programs that are started, repositories with their keys, the files of secrets, and what storages read beside them.
 * None of it may be reached through a served folder that happens to hold it.
 */
export async function guardedPaths(config: Config, file: string | undefined, at: Surroundings): Promise<string[]> {
  const places = [file, join(defaultConfigFolder(at), FILE_NAME), ...config.tools.paths, ...programs(config, at), ...ofStorages(config, at)]
  const known = [...places, ...secretFiles(config)].flatMap((path) => (path === undefined || path === '' ? [] : [path]))
  return Promise.all(known.map(realPlace))
}

function programs({ ipfs: { kubo }, rclone, lassie }: Config, { env }: Surroundings): (string | undefined)[] {
  const named = [env['KUBO_BINARY'], env['RCLONE_BINARY'], env['LASSIE_BINARY']]
  return [kubo.binary, kubo.repo, rclone.binary, rclone.config_file, lassie.binary, ...named]
}

/** Accounts and commands of a person's own, which the libraries of these storages find by themselves. */
function ofStorages({ backends }: Config, at: Surroundings): (string | undefined)[] {
  const { env, home } = at
  const found = {
    s3: [join(home, '.aws'), env['AWS_CONFIG_FILE'], env['AWS_SHARED_CREDENTIALS_FILE']],
    rclone: [join(xdg(at, 'XDG_CONFIG_HOME', '.config'), 'rclone'), join(home, '.rclone.conf'), env['RCLONE_CONFIG']],
  }
  const types = new Set(Object.values(backends).map(({ type }) => type))
  return Object.entries(found).flatMap(([type, paths]) => (types.has(type) ? paths : []))
}

/** Wherever a reference may stand: the options of a backend are its type's own. */
function secretFiles(value: unknown): string[] {
  if (typeof value === 'string') return [value, ...referencesIn(value)].flatMap((each) => (each.startsWith('file:/') ? [each.slice('file:'.length)] : []))
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretFiles) : []
}

/** Where a path stands, links resolved as far as there is something. */
async function realPlace(path: string): Promise<string> {
  return realpath(path).catch(async () => (dirname(path) === path ? path : join(await realPlace(dirname(path)), basename(path))))
}
