import { join } from 'node:path'
import { VfsError } from '../core/error.ts'
import { nearest } from '../core/nearest.ts'
import { vfsPath, type VfsPath } from '../core/path.ts'
import { LOCAL_FILES } from './folder.ts'
import type { ServedFolder } from './folders.ts'
import type { Config, ConfiguredBackend } from './schema.ts'

/** A storage that a mount or an agent can name. */
export type PlannedBackend = Readonly<ConfiguredBackend>

export interface PlannedMount {
  readonly path: VfsPath
  /** Of the backend: its configured name, or its type where it has none. */
  readonly name: string
  readonly backend: PlannedBackend
  readonly root?: VfsPath | undefined
  readonly readOnly: boolean
  readonly versions: 'on' | 'off'
}

/** What every gateway mounts, beside the folders of its command line and what the configuration names. */
const OWN: readonly VfsPath[] = [vfsPath('/local'), vfsPath('/ipfs'), vfsPath('/mfs')]

/** Every mount of a process, in the order of their making. Rejects CONFIG_INVALID. */
export function plannedMounts(config: Config, served: readonly ServedFolder[], types: readonly string[]): PlannedMount[] {
  const mounts = [
    ...OWN.map((path) => ({ path, name: path.slice(1), backend: ownBackend(path, config), readOnly: false, versions: 'on' as const })),
    ...served.map(({ path, readOnly }) => ({ path, name: 'local', backend: { type: 'local', options: { root: path } }, readOnly, versions: 'on' as const })),
    ...config.mounts.map((mount, at) => ({
      ...mount,
      name: mount.backend,
      backend: named(config, mount.backend, `mounts.${at}.backend`, types),
      readOnly: mount.read_only,
    })),
  ]
  const taken = new Set<VfsPath>()
  for (const { path } of mounts) {
    if (taken.has(path)) throw invalid(`two mounts stand at ${path}`, 'Choose another path for one of them.')
    taken.add(path)
  }
  return mounts
}

/** A configured backend, or one of a type that needs no options. */
function named(config: Config, name: string, key: string, types: readonly string[]): PlannedBackend {
  const configured = config.backends[name]
  if (configured) return configured
  if (types.includes(name)) return { type: name, options: {} }
  const meant = nearest(name, [...Object.keys(config.backends), ...types])
  throw invalid(`${key}: no backend is called ${name}${meant ? `; did you mean ${meant}?` : ''}`, 'Name one that stands in `backends`.')
}

const ownBackend = (path: VfsPath, { data_dir }: Config): PlannedBackend =>
  path === '/local' ? { type: 'local', options: { root: join(data_dir, LOCAL_FILES) } } : { type: path.slice(1), options: {} }

const invalid = (message: string, hint: string): VfsError => new VfsError('CONFIG_INVALID', message, { op: 'config', hint })
