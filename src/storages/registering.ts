import type { PlannedBackend } from '../config/mounts.ts'
import type { Config } from '../config/schema.ts'
import { VfsError } from '../core/error.ts'
import type { StorageTypes } from './storage-type.ts'

/** The name becomes a part of a path. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/

interface Wish {
  readonly name: string
  readonly type: string
  readonly options: Readonly<Record<string, unknown>>
}

/** What an agent may open, of what it asked for. Rejects DENIED and INVALID_ARGUMENT; no message repeats a value of the options. */
export async function allowed<P>(wish: Wish, config: Config, types: StorageTypes<P>, served: readonly string[]): Promise<PlannedBackend> {
  const { name, type, options } = wish
  const found = Object.hasOwn(types, type) ? types[type] : undefined
  if (!found) throw invalid(`there is no type of backend called ${type.slice(0, 40)}`, `There are ${Object.keys(types).join(', ')}.`)
  if (!found.forAgents)
    throw denied(`what a backend of type ${type} reaches is for a person to name`, 'Ask for one in the configuration: polymount backends add.')
  if (!config.agents.register.includes(type)) throw denied(`no agent may register backends of type ${type}`, whatMay(config))
  if (!NAME.test(name)) throw invalid('a name is 1-64 letters, digits, "-" and "_"')
  refuseReferences(options)
  const parsed = found.options.safeParse(options)
  if (!parsed.success) throw invalid(parsed.error.issues.map(({ path, message }) => `options.${path.join('.')}: ${message}`).join('; '))
  const configured = Object.values(config.backends).filter((each) => each.type === type)
  return { type, options: await found.forAgents(parsed.data, { configured: configured.map((each) => each.options), served }) }
}

/** They lead to whatever the environment and the disk hold: a person's alone. */
function refuseReferences(value: unknown): void {
  if (typeof value === 'string' && /^(env|file):/i.test(value))
    throw denied('env: and file: are for the configuration alone', 'Name a secret of the configuration as secret:NAME.')
  if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) refuseReferences(each)
}

const whatMay = ({ agents: { register } }: Config): string =>
  register.length > 0 ? `It may register ${register.join(', ')}.` : 'A person allows types in agents.register of the configuration.'

const denied = (message: string, hint: string): VfsError => new VfsError('DENIED', message, { op: 'register', hint })
const invalid = (message: string, hint?: string): VfsError => new VfsError('INVALID_ARGUMENT', message, { op: 'register', hint })
