import { join } from 'node:path'
import type { z } from 'zod'
import { VfsError } from '../core/error.ts'
import { holdsSecret } from '../core/secret-parts.ts'
import { fromEnvironment, unknownVariable } from './environment.ts'
import { explain } from './explain.ts'
import { FILE_NAME, findFile, readSettings } from './file.ts'
import { defaultDataFolder, type Surroundings } from './folder.ts'
import { keysOf } from './keys.ts'
import { isLoopback } from './loopback.ts'
import type { Config, ConfigSchema } from './schema.ts'

export interface Sources extends Surroundings {
  /** By the setting's name, such as `http.port`; each with the flag that set it. */
  readonly flags: ReadonlyMap<string, { readonly flag: string; readonly value: unknown }>
  /** Of `--config`. */
  readonly file?: string | undefined
}

export interface Loaded {
  readonly config: Config
  /** Where each setting came from: `flag --deny`, `variable POLYMOUNT_DENY`, `file /path`, or `default`. */
  readonly origins: ReadonlyMap<string, string>
  readonly file: string | undefined
}

/** One source's settings by name, the strongest source first in a list of them. */
interface Layer {
  readonly settings: ReadonlyMap<string, unknown>
  readonly origin: (name: string) => string
}

/** What only ever narrows: every source adds to it, so that a flag cannot lift what a file forbids. */
const ADDED_UP: ReadonlySet<string> = new Set(['deny'])

/** Flags before environment before file before defaults. Rejects CONFIG_INVALID, CONFIG_UNKNOWN_KEY, INSECURE_BIND. */
export async function loadConfig(schema: ConfigSchema, sources: Sources): Promise<Loaded> {
  const keys = keysOf(schema)
  const environment = fromEnvironment(sources.env, keys)
  const flags = new Map([...sources.flags].map(([name, { value }]) => [name, value]))
  const folder =
    [flags, environment.settings].map((settings) => settings.get('data_dir')).find((value) => typeof value === 'string') ?? defaultDataFolder(sources)
  const file = findFile(sources, folder)
  const layers: Layer[] = [
    { settings: flags, origin: (name) => `flag ${sources.flags.get(name)?.flag}` },
    { settings: environment.settings, origin: (name) => `variable ${keys.find((key) => key.name === name)?.variable}` },
    { settings: file ? await readSettings(file, keys) : new Map(), origin: () => `file ${file}` },
    { settings: new Map([['data_dir', defaultDataFolder(sources)]]), origin: () => 'default' },
  ]
  const { values, origins } = merge(layers)
  const config = parse(schema, values, origins)
  refuseUnknown(environment.unknown, config, schema)
  refuseMovedFolder(file, folder, config)
  refuseOpenDoor(config)
  refuseLooseCredentials(config)
  for (const { name } of keys) if (!origins.has(name)) origins.set(name, 'default')
  return { config, origins, file }
}

function merge(layers: readonly Layer[]): { values: Map<string, unknown>; origins: Map<string, string> } {
  const values = new Map<string, unknown>()
  const origins = new Map<string, string>()
  for (const { settings, origin } of layers)
    for (const [name, value] of settings) {
      const stronger = values.get(name)
      if (!values.has(name)) values.set(name, value)
      else if (!ADDED_UP.has(name) || !Array.isArray(stronger) || !Array.isArray(value)) continue
      else values.set(name, [...stronger, ...value])
      origins.set(name, origins.has(name) ? `${origins.get(name)}, ${origin(name)}` : origin(name))
    }
  return { values, origins }
}

/** Once in a process, so it is not worth to zod's compiler. */
function parse(schema: ConfigSchema, values: ReadonlyMap<string, unknown>, origins: ReadonlyMap<string, string>): Config {
  const input: Record<string, unknown> = {}
  for (const [name, value] of values) place(input, name.split('.'), value)
  const result = schema.safeParse(input, { jitless: true })
  if (!result.success) throw explain(result.error, schema, input, origins)
  return result.data
}

function place(target: Record<string, unknown>, [step, ...rest]: readonly string[], value: unknown): void {
  if (step === undefined) return
  if (rest.length === 0) target[step] = value
  else place((target[step] ??= {}) as Record<string, unknown>, rest, value)
}

/** A variable that a reference names holds a secret, and may be called as its owner likes. */
function refuseUnknown(variables: readonly string[], config: Config, schema: z.ZodObject): void {
  const referred = new Set([...JSON.stringify(config).matchAll(/["{]env:(\w+)["}]/g)].map(([, name]) => name))
  const stranger = variables.find((name) => !referred.has(name))
  if (stranger !== undefined) throw unknownVariable(stranger, keysOf(schema))
}

/** The file of a data folder that names another one would be read by no process that uses that one. */
function refuseMovedFolder(file: string | undefined, folder: string, { data_dir }: Config): void {
  if (file === join(folder, FILE_NAME) && data_dir !== folder)
    throw new VfsError('CONFIG_INVALID', `${file} lies in the data folder and names another one in data_dir`, {
      op: 'config',
      hint: 'Take data_dir out of it, or move the file and name it with --config.',
    })
}

/** Whoever reaches the port is the person who started us, unless a token says otherwise. */
function refuseOpenDoor({ http }: Config): void {
  if (http.token === undefined && !isLoopback(http.host))
    throw new VfsError('INSECURE_BIND', `${http.host} can be reached from other machines, and http.token is not set`, { op: 'config' })
}

/** A secret stands behind a reference, goes to the one daemon that the configuration names, and never over a network in the clear. */
function refuseLooseCredentials({ ipfs: { engine, authorization } }: Config): void {
  const url = URL.parse(engine)
  if (holdsSecret(engine)) throw loose('ipfs.engine: credentials do not belong in the URL', 'Take them out, and set ipfs.authorization.')
  if (authorization === undefined) return
  if (!url) throw loose(`ipfs.authorization is for a daemon named by its URL, and ipfs.engine is ${engine}`, 'Set ipfs.engine to the URL, or take it out.')
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw loose(`ipfs.authorization would go to ${url.hostname} in the clear`, 'Name the daemon by an https URL, or reach it through a tunnel on 127.0.0.1.')
}

const loose = (message: string, hint: string): VfsError => new VfsError('CONFIG_INVALID', message, { op: 'config', hint })
