import { join } from 'node:path'
import { apiOf } from './api.ts'
import { askVersion } from './version.ts'

const PATIENCE_MS = 500
const USUAL = 'http://127.0.0.1:5001'

export interface Nearby {
  readonly url: string
  readonly version: string
}

/** A Kubo daemon of the user's that answers on this machine, if there is one. */
export async function kuboNearby(env: NodeJS.ProcessEnv, home: string): Promise<Nearby | undefined> {
  const told = await apiOf(env['IPFS_PATH'] ?? join(home, '.ipfs'))
  const urls = new Set([told, USUAL].filter((url): url is string => url !== undefined && isHere(url)))
  const found = await Promise.all([...urls].map(answering))
  return found.find((each) => each !== undefined)
}

export const howToUse = ({ url, version }: Nearby): string =>
  `a Kubo daemon (${version}) answers at ${url}; to work with its pins and files, a person starts polymount with --engine ${url}`

const isHere = (url: string): boolean => /^(127\.|localhost$|\[::1\])/.test(new URL(url).hostname)

async function answering(url: string): Promise<Nearby | undefined> {
  const version = await askVersion({ url }, { signal: AbortSignal.timeout(PATIENCE_MS) })
  return version === undefined ? undefined : { url, version }
}
