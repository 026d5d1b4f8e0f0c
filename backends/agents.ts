import { realpath } from 'node:fs/promises'
import { isAbsolute, relative } from 'node:path'
import { VfsError } from '../src/core/error.ts'
import type { StorageType } from '../src/storages/storage-type.ts'

type Options = Readonly<Record<string, unknown>>

type Rule = NonNullable<StorageType<unknown>['forAgents']>

const MEMORY_BYTES = 64 << 20
const PART_BYTES = 64 << 20

/** For storages that reach nothing outside this gateway. */
export const anything: Rule = async (options) => ({ ...options })

export const someMemory: Rule = async ({ max_bytes = MEMORY_BYTES }) => {
  if (typeof max_bytes !== 'number' || max_bytes > MEMORY_BYTES) throw refused(`max_bytes is more than ${MEMORY_BYTES}`)
  return { max_bytes }
}

/** Links are resolved now, and what a path leads to is served or is refused; and so it is whenever the folder is opened anew. */
export const servedFolder: Rule = async ({ root, umask }, { served }) => {
  const real = await realpath(String(root)).catch(() => undefined)
  const within = real === undefined ? undefined : served.find((folder) => isInside(folder, real))
  if (within === undefined) throw refused('root is no folder below a served one')
  return { root: real, within, ...(umask !== undefined && { umask }) }
}

/**
 * The endpoint is one that a person named, since both keys are secrets that are bound to endpoints: without keys an agent could
 * use those of the gateway's surroundings, or make it ask any address that it reaches. Bucket and region are parts of a
 * host name and hold nothing else. A bucket that is configured has its rules under its own name.
 */
export const boundBucket: Rule = async (options, { configured }) => {
  const { bucket, region, access_key_id, secret_access_key, part_size = 0 } = options
  requireSecrets({ access_key_id, secret_access_key })
  if (!isLike(/^[A-Za-z0-9][A-Za-z0-9.-]{1,62}$/, bucket)) throw refused('bucket is no name of a bucket')
  if (typeof part_size !== 'number' || part_size > PART_BYTES) throw refused(`part_size is more than ${PART_BYTES}`)
  if (region !== undefined && !isLike(/^[A-Za-z0-9-]{1,40}$/, region)) throw refused('region is no name of a region')
  if (configured.some((each) => each['bucket'] === bucket)) throw refused('the bucket is configured under a name of its own')
  return { ...options }
}

/** As for a bucket; what is asked beside the cluster would be asked without a secret that says where. */
export const boundCluster: Rule = async (options, { configured }) => {
  requireSecrets({ authorization: options['authorization'] })
  if (options['ipfs_api'] !== undefined) throw refused('ipfs_api is for a person to name')
  if (configured.some((each) => each['name'] === options['name'])) throw refused('the tree is configured under a name of its own')
  return { ...options }
}

function requireSecrets(references: Options): void {
  for (const [name, reference] of Object.entries(references))
    if (typeof reference !== 'string' || !reference.startsWith('secret:'))
      throw refused(`${name} must be secret:NAME`, 'Name a secret of the configuration: it says which endpoint it is for.')
}

const isLike = (pattern: RegExp, value: unknown): boolean => typeof value === 'string' && pattern.test(value)

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '' || (!isAbsolute(way) && way !== '..' && !way.startsWith('../'))
}

const refused = (message: string, hint = 'Choose other options, or ask a person to configure it: polymount backends add.'): VfsError =>
  new VfsError('DENIED', `not by an agent: ${message}`, { op: 'register', hint })
