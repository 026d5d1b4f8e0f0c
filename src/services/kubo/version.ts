import type { Call } from '../../core/backend.ts'
import { unusable } from '../executable.ts'
import type { Endpoint } from '../types.ts'
import { ask } from './api.ts'

/** The first with the profile `unixfs-v1-2025`, without which CIDs are others. */
const OLDEST = [0, 40, 0] as const
/** What the tests run: from this version up to the next minor one. */
const TESTED = [0, 43, 0] as const

/** The numbers of what a Kubo says that it is. */
export const versionIn = (said: string): string | undefined => /^v?(\d+\.\d+\.\d+)/.exec(said.trim())?.[1]

/** What a person should know of it; undefined of one that is tested. Throws SERVICE_UNAVAILABLE of one that is too old, with what a person does; that is not retryable. */
export function warningOf(version: string, where: string): string | undefined {
  const parts = versionIn(version)?.split('.').map(Number)
  if (parts && compare(parts, OLDEST) < 0)
    throw unusable(`${where} is Kubo ${version}, which is too old`, `A person installs Kubo ${OLDEST.join('.')} or newer; ${TESTED[0]}.${TESTED[1]} is tested.`)
  if (parts?.[0] === TESTED[0] && parts[1] === TESTED[1]) return undefined
  return `Kubo ${version} is not tested with this polymount; ${TESTED[0]}.${TESTED[1]} is`
}

/** What a daemon says that it is; undefined if it does not answer. */
export async function askVersion(endpoint: Endpoint, call: Call): Promise<string | undefined> {
  const version = (await ask(endpoint, 'version', call).catch(() => undefined))?.['Version']
  return typeof version === 'string' ? version.slice(0, 32) : undefined
}

const compare = (a: readonly number[], b: readonly number[]): number => a.map((part, at) => part - (b[at] ?? 0)).find((difference) => difference !== 0) ?? 0
