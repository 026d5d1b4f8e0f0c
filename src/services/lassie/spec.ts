import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Call } from '../../core/backend.ts'
import { namesOf, passed } from '../environment.ts'
import { asked, findProgram, unusable } from '../executable.ts'
import type { Endpoint, Launch, ServiceSpec, Setting } from '../types.ts'

/** What the tests run. */
const TESTED = '0.25'

export interface LassieOptions {
  readonly binary?: string | undefined
  readonly env: NodeJS.ProcessEnv
}

/** A retrieval daemon on the loopback address. It knows a secret only as an argument, which others can read, so it has none. */
export function lassieSpec({ binary, env }: LassieOptions): ServiceSpec {
  return {
    name: 'lassie',
    dependsOn: [],
    ports: ['http'],
    settings: JSON.stringify({ binary, named: env['LASSIE_BINARY'], set: namesOf(env, SET) }),
    ready: /Lassie daemon listening on address/,
    startMs: 30_000,
    longestStartMs: 5 * 60_000,
    stop: { signal: 'SIGTERM', graceMs: 10_000 },
    prepare: async ({ folder, ports }: Setting, call: Call): Promise<Launch> => {
      const { path, notes } = await findBinary(binary, env, call)
      const temporary = await emptied(join(folder, 'tmp'))
      const args = ['daemon', '--address', '127.0.0.1', '--port', String(ports['http']), '--tempdir', temporary, '--protocols', 'http,graphsync']
      return { command: path, args, env: passed(env, SET), notes }
    },
    url: async ({ ports }) => `http://127.0.0.1:${ports['http']}`,
    health: async ({ url }: Endpoint, { signal }: Call) => {
      const response = await fetch(`${url}/ipfs/`, { signal: signal ?? null })
      await response.body?.cancel()
      if (response.status !== 404) throw new Error(`/ipfs/ answers ${response.status}`) // names no CID
    },
  }
}

/** What a person set for it: settings of its own, but for those that are ours. */
const SET = /^LASSIE_(?!ADDRESS$|PORT$|TEMP_DIRECTORY$|SUPPORTED_PROTOCOLS$|BINARY$)/

/** One that was killed leaves what it was writing. */
async function emptied(folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { mode: 0o700 })
  return folder
}

async function findBinary(binary: string | undefined, env: NodeJS.ProcessEnv, call: Call): Promise<{ readonly path: string; readonly notes: string[] }> {
  const path = await findProgram('lassie', {
    binary,
    setting: 'lassie.binary',
    variable: 'LASSIE_BINARY',
    install: 'https://github.com/filecoin-project/lassie',
    env,
  })
  const { stdout, problem } = await asked(path, ['version'], {}, call)
  const version = /^lassie version v(\S+)/.exec(stdout)?.[1]
  if (version === undefined)
    throw unusable(`${path} does not tell a version of lassie: ${problem ?? JSON.stringify(stdout.slice(0, 80))}`, 'Correct lassie.binary.')
  const known = version.startsWith(`${TESTED}.`) || version.startsWith('0.0.0-') // built from source it does not know its own
  return { path, notes: known ? [] : [`lassie ${version} is not tested with this polymount; ${TESTED} is`] }
}
