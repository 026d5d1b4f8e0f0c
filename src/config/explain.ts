import type { z } from 'zod'
import { VfsError } from '../core/error.ts'
import { nearest } from '../core/nearest.ts'
import { namesAt } from './keys.ts'

/** A broken rule, an unknown key before others since it often causes them, as an error that names the key, where it was set, and the nearest right one. Never quotes a value. */
export function explain(error: z.ZodError, schema: z.ZodObject, input: unknown, origins: ReadonlyMap<string, string>): VfsError {
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0]
  if (!issue) return new VfsError('CONFIG_INVALID', 'the configuration is not valid', { op: 'config', cause: error })
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') return unknownKey(issue, namesAt(schema, issue.path, input), origins)
  return new VfsError('CONFIG_INVALID', `${path}: ${issue.message}${origin(path, origins)}`, { op: 'config', details: { key: path } })
}

function unknownKey({ keys, path }: z.core.$ZodIssueUnrecognizedKeys, names: readonly string[], origins: ReadonlyMap<string, string>): VfsError {
  const key = [...path, keys[0] ?? ''].join('.')
  const near = nearest(keys[0] ?? '', names)
  const meant = near === undefined ? undefined : [...path, near].join('.')
  return new VfsError(
    'CONFIG_UNKNOWN_KEY',
    `there is no setting ${key}${origin(key, origins)}; ${meant ? `did you mean ${meant}?` : `here are ${names.join(', ')}`}`,
    {
      op: 'config',
      details: { key, nearest: meant ?? null },
    },
  )
}

function origin(path: string, origins: ReadonlyMap<string, string>): string {
  const from = [...origins].find(([name]) => path === name || path.startsWith(`${name}.`))?.[1]
  return from === undefined ? '' : ` (${from})`
}
