import { saysSecret, withoutSecrets } from '../core/secret-parts.ts'
import { keysOf } from './keys.ts'
import type { Loaded } from './load.ts'
import type { ConfigSchema } from './schema.ts'

export interface ShownSetting {
  readonly key: string
  readonly value: unknown
  readonly origin: string
  readonly variable: string
}

/** The effective settings for people. References to secrets are shown, secrets never are. */
export function shownSettings(schema: ConfigSchema, { config, origins }: Loaded): ShownSetting[] {
  return keysOf(schema).map(({ name, variable }) => ({
    key: name,
    value: masked(at(config, name.split('.'))),
    origin: origins.get(name) ?? 'default',
    variable,
  }))
}

function at(value: unknown, [step, ...rest]: readonly string[]): unknown {
  return step === undefined ? value : at((value as Record<string, unknown>)[step], rest)
}

/** What may be a secret in spite of the schema: a password in a URL, and a value under a name that says so. */
function masked(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return saysSecret(name) && !/^(env|file|secret):/.test(value) ? '***' : withoutSecrets(value)
  if (Array.isArray(value)) return value.map((item) => masked(item, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, masked(child, key)]))
}
