import type { Call } from '../../core/backend.ts'
import { asked, isExecutable, named, onPath, unusable } from '../executable.ts'
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
    settings: JSON.stringify({ binary, configFile, named: env['RCLONE_BINARY'], set: remotesOf(env) }),
    ready: /Serving remote control on http/,
    startMs: 30_000,
    stop: { signal: 'SIGTERM', graceMs: 10_000 },
    prepare: async ({ ports, secret }: Setting, call: Call): Promise<Launch> => {
      const { path, notes } = await findBinary(binary, env, call)
      return {
        command: path,
        args: ['rcd', '--rc-serve', '--rc-addr', `127.0.0.1:${ports['rc']}`, ...(configFile === undefined ? [] : ['--config', configFile])],
        env: { ...passed(env), RCLONE_RC_USER: USER, RCLONE_RC_PASS: secret },
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
  const path = await locate(binary, env)
  const { stdout, problem } = await asked(path, ['version'], {}, call)
  const [, version, minor] = /^rclone v(1\.(\d+)\.\d+)/.exec(stdout) ?? []
  if (version === undefined)
    throw unusable(`${path} does not tell a version of rclone: ${problem ?? JSON.stringify(stdout.slice(0, 80))}`, 'Correct rclone.binary.')
  if (Number(minor) < OLDEST) throw unusable(`${path} is rclone ${version}, which is too old`, `Install rclone 1.${OLDEST} or newer; 1.${TESTED} is tested.`)
  return { path, notes: Number(minor) === TESTED ? [] : [`rclone ${version} is not tested with this polymount; 1.${TESTED} is`] }
}

async function locate(binary: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  if (binary !== undefined) return named(binary, 'rclone.binary')
  const variable = env['RCLONE_BINARY']
  if (variable) return named(variable, 'RCLONE_BINARY')
  for (const path of onPath('rclone', env)) if (await isExecutable(path)) return path
  throw unusable('there is no rclone on this machine', 'Install it (https://rclone.org/install), or set rclone.binary or RCLONE_BINARY.')
}

/** What rclone may see of our environment: how it reaches the network, and what a person set for it. */
const PASSED = /^(PATH|HOME|USER|TMPDIR|TZ|LANG|LC_\w+|XDG_(CONFIG|CACHE)_HOME|SSL_CERT_(FILE|DIR)|(HTTPS?|NO|ALL)_PROXY)$/i
const SET = /^RCLONE_(?!RC_|BINARY$)/

const passed = (env: NodeJS.ProcessEnv): Record<string, string> => only(env, (name) => PASSED.test(name) || SET.test(name))

/** Not their values: they may be secrets. */
const remotesOf = (env: NodeJS.ProcessEnv): string[] => Object.keys(only(env, (name) => SET.test(name))).toSorted()

function only(env: NodeJS.ProcessEnv, wanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && wanted(entry[0])))
}
