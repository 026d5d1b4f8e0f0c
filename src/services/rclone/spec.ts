import type { Call } from '../../core/backend.ts'
import { namesOf, passed } from '../environment.ts'
import { asked, findProgram, unusable } from '../executable.ts'
import type { Endpoint, Launch, ServiceSpec, Setting } from '../types.ts'

/** The first whose remote control uploads into a folder and serves objects. */
const OLDEST = 60
/** What the tests run. */
const TESTED = 75

export interface RcloneOptions {
  readonly binary?: string | undefined
  /** The user's configuration of remotes; rclone's own default if absent. */
  readonly configFile?: string | undefined
  readonly env: NodeJS.ProcessEnv
}

/** The remote control of rclone, on the loopback address and with credentials that nobody chose. */
export function rcloneSpec({ binary, configFile, env }: RcloneOptions): ServiceSpec {
  return {
    name: 'rclone',
    dependsOn: [],
    ports: ['rc'],
    settings: JSON.stringify({ binary, configFile, named: env['RCLONE_BINARY'], set: namesOf(env, SET) }),
    ready: /Serving remote control on http/,
    startMs: 30_000,
    longestStartMs: 5 * 60_000,
    stop: { signal: 'SIGTERM', graceMs: 10_000 },
    prepare: async ({ ports, secret }: Setting, call: Call): Promise<Launch> => {
      const { path, notes } = await findBinary(binary, env, call)
      return {
        command: path,
        args: ['rcd', '--rc-serve', '--rc-addr', `127.0.0.1:${ports['rc']}`, ...(configFile === undefined ? [] : ['--config', configFile])],
        env: { ...passed(env, OWN), RCLONE_RC_USER: USER, RCLONE_RC_PASS: secret },
        notes,
      }
    },
    url: async ({ ports }) => `http://127.0.0.1:${ports['rc']}`,
    authorization: (secret) => `Basic ${Buffer.from(`${USER}:${secret}`).toString('base64')}`,
    health: async ({ url, authorization = '' }: Endpoint, { signal }: Call) => {
      const response = await fetch(`${url}/rc/noopauth`, { method: 'POST', headers: { authorization }, signal: signal ?? null })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`rc/noopauth answers ${response.status}`)
    },
  }
}

const USER = 'polymount'

async function findBinary(binary: string | undefined, env: NodeJS.ProcessEnv, call: Call): Promise<{ readonly path: string; readonly notes: string[] }> {
  const path = await findProgram('rclone', { binary, setting: 'rclone.binary', variable: 'RCLONE_BINARY', install: 'https://rclone.org/install', env })
  const { stdout, problem } = await asked(path, ['version'], {}, call)
  const [, version, minor] = /^rclone v(1\.(\d+)\.\d+)/.exec(stdout) ?? []
  if (version === undefined)
    throw unusable(`${path} does not tell a version of rclone: ${problem ?? JSON.stringify(stdout.slice(0, 80))}`, 'Correct rclone.binary.')
  if (Number(minor) < OLDEST) throw unusable(`${path} is rclone ${version}, which is too old`, `Install rclone 1.${OLDEST} or newer; 1.${TESTED} is tested.`)
  return { path, notes: Number(minor) === TESTED ? [] : [`rclone ${version} is not tested with this polymount; 1.${TESTED} is`] }
}

/** What a person set for it, but for what is ours, and where its configuration and cache stand. */
const SET = /^RCLONE_(?!RC_|BINARY$)/
const OWN = new RegExp(`${SET.source}|^XDG_(CONFIG|CACHE)_HOME$`)
