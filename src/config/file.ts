import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VfsError } from '../core/error.ts'
import { FILE_VARIABLE } from './environment.ts'
import { defaultConfigFolder, type Surroundings } from './folder.ts'
import type { Key } from './keys.ts'

export const FILE_NAME = 'polymount.json'

/** The named file, which must be there; else the data folder's, else that of the configuration folder. */
export function findFile(at: Surroundings & { readonly file?: string | undefined }, dataFolder: string): string | undefined {
  const named = at.file ?? at.env[FILE_VARIABLE]
  if (named !== undefined) return named
  return [dataFolder, defaultConfigFolder(at)].map((folder) => join(folder, FILE_NAME)).find((path) => existsSync(path))
}

/** The settings of a file by name. A key that is none is kept, so that the schema can say what it should have been. */
export async function readSettings(path: string, keys: readonly Key[]): Promise<Map<string, unknown>> {
  const settings = new Map<string, unknown>()
  collect(settings, parse(path, await text(path)), '', new Set(keys.flatMap(({ name }) => groups(name))))
  return settings
}

function collect(settings: Map<string, unknown>, value: object, prefix: string, inner: ReadonlySet<string>): void {
  for (const [key, child] of Object.entries(value)) {
    const name = prefix + key
    if (inner.has(name) && isRecord(child)) collect(settings, child, `${name}.`, inner)
    else settings.set(name, child)
  }
}

/** `http.port` stands in the group `http`. */
const groups = (name: string): string[] => (name.includes('.') ? [name.slice(0, name.lastIndexOf('.'))] : [])

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

async function text(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new VfsError('CONFIG_INVALID', `the configuration file ${path} cannot be read (${code})`, { op: 'config', cause })
  }
}

function parse(path: string, json: string): object {
  try {
    const value: unknown = JSON.parse(json)
    if (isRecord(value)) return value
  } catch (cause) {
    throw new VfsError('CONFIG_INVALID', `the configuration file ${path} is not JSON: ${(cause as Error).message}`, { op: 'config', cause })
  }
  throw new VfsError('CONFIG_INVALID', `the configuration file ${path} does not hold an object`, { op: 'config' })
}
