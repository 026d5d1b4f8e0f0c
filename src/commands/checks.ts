import { statfs } from 'node:fs/promises'
import { stat } from 'node:fs/promises'
import type { Loaded } from '../config/load.ts'
import { resolveSecret } from '../config/secret.ts'
import { VfsError } from '../core/error.ts'
import { VERSION } from '../core/version.ts'
import type { Gateway } from '../gateway.ts'

/** One thing that was looked at. */
export interface Finding {
  readonly check: string
  readonly status: 'ok' | 'warning' | 'failed'
  readonly found: string
  /** What a person does about it. */
  readonly remedy?: string | undefined
}

const LITTLE_BYTES = 1 << 30
const ANSWER_MS = 90_000

const ok = (check: string, found: string): Finding => ({ check, status: 'ok', found })

export function failed(check: string, error: unknown): Finding {
  if (!(error instanceof VfsError)) return { check, status: 'failed', found: error instanceof Error ? error.message : String(error) }
  return { check, status: 'failed', found: `${error.code}: ${error.message}`, remedy: error.hint }
}

/** Runs a check whose failure is a finding too. */
async function checking(check: string, look: () => Promise<string | Finding>): Promise<Finding> {
  try {
    const found = await look()
    return typeof found === 'string' ? ok(check, found) : found
  } catch (error) {
    return failed(check, error)
  }
}

export const programCheck = (): Finding => ok('program', `polymount ${VERSION}, Node ${process.versions.node}, ${process.platform} ${process.arch}`)

export const configCheck = ({ file }: Loaded): Finding => ok('configuration', file ?? 'no file; flags, environment and defaults')

export async function secretChecks({ config }: Loaded, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const references = [...Object.values(config.secrets).map(({ from }) => from), config.http.token, config.ipfs.authorization].filter((one) => one !== undefined)
  return Promise.all(references.map((reference) => checking(`secret ${reference}`, () => secretCheck(reference, env))))
}

async function secretCheck(reference: string, env: NodeJS.ProcessEnv): Promise<string | Finding> {
  await resolveSecret(reference, env)
  if (!reference.startsWith('file:')) return 'is there'
  const open = ((await stat(reference.slice('file:'.length))).mode & 0o077) !== 0
  return open
    ? {
        check: `secret ${reference}`,
        status: 'warning',
        found: 'can be read by other users of this machine',
        remedy: `chmod 600 ${reference.slice('file:'.length)}`,
      }
    : 'is there, for its owner alone'
}

export const spaceCheck = (folder: string): Promise<Finding> =>
  checking('data folder', async () => {
    const { bavail, bsize } = await statfs(folder)
    const free = bavail * bsize
    const found = `${folder}, ${(free / 1e9).toFixed(1)} GB free`
    return free < LITTLE_BYTES ? { check: 'data folder', status: 'warning', found, remedy: 'Free some space: what changes replace is kept there.' } : found
  })

export async function mountChecks({ vfs }: Gateway): Promise<Finding[]> {
  return (await vfs.mounts()).map(({ path, name, readOnly, error }) =>
    error ? failed(`mount ${path}`, error) : ok(`mount ${path}`, `${name}${readOnly ? ', read-only' : ''}`),
  )
}

/** A daemon of ours is started for it. */
export const ipfsCheck = ({ ipfs }: Gateway): Promise<Finding> =>
  checking('ipfs', async () => {
    const { engine, version, network } = await ipfs.version({ signal: AbortSignal.timeout(ANSWER_MS) })
    return `${engine} ${version}, network ${network}`
  })

/** Where the configuration wants one; it is started for it. */
export async function lassieChecks({ retrieval: { daemon } }: Gateway): Promise<Finding[]> {
  return daemon ? [await checking('lassie', async () => `a daemon at ${await daemon({ signal: AbortSignal.timeout(ANSWER_MS) })}`)] : []
}

/** Nothing is wrong, and yet a person may want to know. */
export const noteChecks = async (gateway: Gateway): Promise<Finding[]> => (await gateway.notes()).map((note) => ok('note', note))

/** One trouble is told with the first thing that it breaks; the others name that, and a note that repeats it is left out. */
export function once(findings: readonly Finding[]): Finding[] {
  const broken: Finding[] = []
  return findings.flatMap((finding) => {
    const first = broken.find((each) => finding.found.includes(reasonOf(each)))
    if (finding.status === 'failed' && reasonOf(finding) !== '') broken.push(finding)
    if (!first) return [finding]
    return finding.status === 'failed' ? [{ check: finding.check, status: 'failed' as const, found: `for the same reason as ${first.check}` }] : []
  })
}

/** Without its code. */
const reasonOf = ({ found }: Finding): string => found.replace(/^[A-Z_]+: /, '')

/** Changes that ended neither here nor there wait for a person. */
export function journalCheck({ journal }: Gateway): Finding {
  const open = journal.history({ states: ['in_doubt', 'conflict', 'partial'], limit: 10 })
  if (open.length === 0) return ok('journal', 'every change is settled')
  const named = open.map(({ change, state, place }) => `${change} (${state}, ${place.shown})`).join(', ')
  return {
    check: 'journal',
    status: 'warning',
    found: `changes that could not be settled: ${named}`,
    remedy: 'Look at these paths; vfs_history and vfs_undo take the ids.',
  }
}

export const toolsCheck = ({ registry }: Gateway): Finding => ok('tools', `${registry.tools.size} tools`)
