import { resolve } from 'node:path'
import { type Loaded, loadConfig } from '../config/load.ts'
import { schema } from '../gateway.ts'
import { FLAGS } from './flags.ts'
import type { Io } from './io.ts'
import type { CommandLine } from './parse.ts'

/** The configuration as this command line, its environment and its file make it. */
export function settingsOf({ flags }: CommandLine, { cwd, env, home }: Io): Promise<Loaded> {
  const settings = new Map<string, { flag: string; value: unknown }>()
  for (const [name, texts] of flags)
    for (const text of texts)
      for (const [key, value] of Object.entries(FLAGS[name]?.settings?.(text, cwd) ?? {}))
        settings.set(key, { flag: `--${name}`, value: joined(settings.get(key)?.value, value) })
  const file = flags.get('config')?.at(-1)
  return loadConfig(schema, { flags: settings, env, home, file: file === undefined ? undefined : resolve(cwd, file) })
}

/** A flag that is repeated adds to a list, and otherwise the last one counts. */
const joined = (before: unknown, value: unknown): unknown => (Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value)
