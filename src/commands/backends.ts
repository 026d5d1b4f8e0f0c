import { join } from 'node:path'
import { editFile, type Settings } from '../config/edit.ts'
import { explain } from '../config/explain.ts'
import { FILE_NAME } from '../config/file.ts'
import { prepareDataFolder } from '../config/folder.ts'
import type { Loaded } from '../config/load.ts'
import { plannedMounts } from '../config/mounts.ts'
import { VfsError } from '../core/error.ts'
import { optionsOf, schema, TYPES } from '../gateway.ts'
import { linkTo } from './backends-link.ts'
import { askFor, valueOf, type Wish } from './backends-asked.ts'
import { failed } from './checks.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { columns, type Io, print, printJson } from './io.ts'
import { openGatewayOf } from './open.ts'
import type { CommandLine } from './parse.ts'
import { settingsOf } from './settings.ts'
import { UsageError } from './usage-error.ts'

type Verb = (name: string | undefined, line: CommandLine, io: Io, key?: string) => Promise<ExitCode>

const VERBS: ReadonlyMap<string, Verb> = new Map([
  ['list', list],
  ['add', add],
  ['test', test],
  ['remove', remove],
  ['link', link],
])

/** The storages that a person names in the configuration file. */
export async function run(line: CommandLine, io: Io): Promise<ExitCode> {
  const [word = 'list', name, key, ...rest] = line.positionals
  const verb = VERBS.get(word)
  if (!verb || rest.length > 0 || (key !== undefined && verb !== link))
    throw new UsageError(`backends takes one of ${[...VERBS.keys()].join(', ')}, and a name`)
  return verb(name, line, io, key)
}

async function list(name: string | undefined, line: CommandLine, io: Io): Promise<ExitCode> {
  if (name !== undefined) throw new UsageError('backends list takes no name')
  const { config } = await settingsOf(line, io)
  const all = Object.entries(config.backends).map(([each, { type }]) => ({
    name: each,
    type,
    mounts: config.mounts.filter(({ backend }) => backend === each).map(({ path }) => path),
  }))
  if (line.flags.has('json')) await printJson(io, all)
  else await print(io.stdout, columns([['NAME', 'TYPE', 'MOUNTS'], ...all.map((each) => [each.name, each.type, each.mounts.join(' ')])]))
  return EXIT.ok
}

async function add(given: string | undefined, line: CommandLine, io: Io): Promise<ExitCode> {
  const loaded = await settingsOf(line, io)
  const wish = await askFor(wishOf(given, line), io)
  const { name, type, options, mount } = wish
  if (Object.hasOwn(loaded.config.backends, name))
    throw invalid(`a backend is called ${name} already`, `Choose another name, or first: polymount backends remove ${name}`)
  const file = await edit(loaded, ({ backends, mounts, ...others }) => ({
    ...others,
    backends: { ...(backends as Settings | undefined), [name]: { type, options } },
    ...((mounts !== undefined || mount !== undefined) && { mounts: [...listOf(mounts), ...(mount === undefined ? [] : [{ path: mount, backend: name }])] }),
  }))
  return done(
    line,
    io,
    { added: name, type, mount: mount ?? null, file },
    `${name} stands in ${file}\n  polymount backends test ${name} shows whether it answers\n`,
  )
}

async function remove(name: string | undefined, line: CommandLine, io: Io): Promise<ExitCode> {
  const loaded = await settingsOf(line, io)
  const known = requireKnown(name, loaded)
  const unmounted = loaded.config.mounts.filter(({ backend }) => backend === known).map(({ path }) => path)
  const file = await edit(loaded, ({ backends, mounts, ...others }) => ({
    ...others,
    backends: Object.fromEntries(Object.entries((backends as Settings | undefined) ?? {}).filter(([each]) => each !== known)),
    ...(mounts !== undefined && { mounts: listOf(mounts).filter((each) => (each as Settings)['backend'] !== known) }),
  }))
  const also = unmounted.length > 0 ? `, and its mounts ${unmounted.join(', ')}` : ''
  return done(line, io, { removed: known, unmounted, file }, `${known} was taken out of ${file}${also}; its content stays where it is\n`)
}

async function test(name: string | undefined, line: CommandLine, io: Io): Promise<ExitCode> {
  const loaded = await settingsOf(line, io)
  const known = requireKnown(name, loaded)
  await using gateway = await openGatewayOf(loaded, [], io)
  try {
    const backend = await gateway.storages.open(known)
    await backend.check({ signal: AbortSignal.timeout(ANSWER_MS) })
    const { capabilities } = backend
    const able = Object.entries(capabilities).flatMap(([each, value]) => (value === true ? [each] : []))
    const told = columns([
      ['health', 'ok'],
      ['capabilities', able.join(', ')],
      ['cas', capabilities.cas],
    ])
    return await done(line, io, { name: known, health: 'ok', capabilities: able, cas: capabilities.cas }, told)
  } catch (error) {
    const { found, remedy } = failed(known, error)
    await done(line, io, { name: known, health: found, remedy: remedy ?? null }, `${found}\n${remedy === undefined ? '' : `  ${remedy}\n`}`)
    return EXIT.failed
  }
}

async function link(name: string | undefined, line: CommandLine, io: Io, key?: string): Promise<ExitCode> {
  const loaded = await settingsOf(line, io)
  const told = await linkTo(requireKnown(name, loaded), key, loaded, line, io)
  return done(line, io, told, `${told.url}\n`)
}

const ANSWER_MS = 30_000

/** Nothing is written that the next start would refuse. */
async function edit({ config, file, origins }: Loaded, change: (settings: Settings) => Settings): Promise<string> {
  const elsewhere = ['backends', 'mounts'].map((key) => origins.get(key)).find((origin) => origin?.startsWith('variable'))
  if (elsewhere !== undefined) throw invalid(`the ${elsewhere} stands before the file`, 'Unset it, and name storages in the file.')
  const path = file ?? join(config.data_dir, FILE_NAME)
  if (file === undefined) await prepareDataFolder(config.data_dir)
  await editFile(path, (settings) => {
    const changed = change(settings)
    const input = { data_dir: config.data_dir, ...changed }
    const result = schema.safeParse(input)
    if (!result.success) throw explain(result.error, schema, input, new Map())
    plannedMounts(result.data, [], TYPES)
    return changed
  })
  return path
}

function wishOf(name: string | undefined, { flags }: CommandLine): Wish {
  const [type, mount] = [flags.get('type')?.at(-1), flags.get('mount')?.at(-1)]
  const shape = type === undefined ? undefined : optionsOf(type)?.shape
  const options = (flags.get('option') ?? []).map((text) => optionOf(text, shape))
  return { name, type, options: options.length > 0 ? Object.fromEntries(options) : undefined, mount }
}

function optionOf(text: string, shape: Readonly<Record<string, { safeParse(value: unknown): { success: boolean } }>> = {}): [string, unknown] {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError('--option needs a name and a value: --option NAME=VALUE')
  const [key, value] = [text.slice(0, at), text.slice(at + 1)]
  return [key, shape[key]?.safeParse(value).success === false ? valueOf(value) : value]
}

function requireKnown(name: string | undefined, { config: { backends } }: Loaded): string {
  if (name !== undefined && Object.hasOwn(backends, name)) return name
  throw new UsageError(`${name === undefined ? 'a name is missing' : `no backend is called ${name}`}; there is ${Object.keys(backends).join(', ') || 'none'}`)
}

async function done(line: CommandLine, io: Io, data: object, text: string): Promise<ExitCode> {
  await (line.flags.has('json') ? printJson(io, data) : print(io.stdout, text))
  return EXIT.ok
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const invalid = (message: string, hint: string): VfsError => new VfsError('CONFIG_INVALID', message, { op: 'config', hint })
