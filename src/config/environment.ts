import { z } from 'zod'
import { VfsError } from '../core/error.ts'
import { nearest } from '../core/nearest.ts'
import type { Key } from './keys.ts'

/** Where the file is; not a setting of the file itself. */
export const FILE_VARIABLE = 'POLYMOUNT_CONFIG'
/** Kubernetes sets these in every pod of a namespace that has a service named polymount. */
const OF_KUBERNETES = /^POLYMOUNT_(SERVICE_|PORT(_|$))/

export interface FromEnvironment {
  readonly settings: ReadonlyMap<string, unknown>
  /** Variables of our name that no setting belongs to. */
  readonly unknown: readonly string[]
}

/** The settings that `POLYMOUNT_*` variables make. */
export function fromEnvironment(env: NodeJS.ProcessEnv, keys: readonly Key[]): FromEnvironment {
  const settings = new Map<string, unknown>()
  const strangers: string[] = []
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith('POLYMOUNT_') || variable === FILE_VARIABLE || OF_KUBERNETES.test(variable) || text === undefined) continue
    const key = keys.find((candidate) => candidate.variable === variable)
    if (key) settings.set(key.name, decode(key, text))
    else strangers.push(variable)
  }
  return { settings, unknown: strangers }
}

/** Text as the value that a key wants: lists are separated by commas, anything deeper is JSON. What does not fit is left for the schema to refuse. */
function decode({ variable, schema }: Key, text: string): unknown {
  if (schema instanceof z.ZodBoolean) return { true: true, '1': true, false: false, '0': false }[text] ?? text
  if (schema instanceof z.ZodNumber) return text.trim() === '' ? text : Number(text)
  const list = schema instanceof z.ZodArray && !(schema.element instanceof z.ZodObject)
  if (list && !text.startsWith('['))
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
  return schema instanceof z.ZodArray || schema instanceof z.ZodRecord ? json(variable, text) : text
}

function json(variable: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Without the cause: its message quotes the value, which may hold what nobody should see.
    throw new VfsError('CONFIG_INVALID', `${variable} is not JSON`, { op: 'config' })
  }
}

export function unknownVariable(variable: string, keys: readonly Key[]): VfsError {
  const meant = nearest(variable, [...keys.map((key) => key.variable), FILE_VARIABLE])
  return new VfsError('CONFIG_UNKNOWN_KEY', `no setting belongs to the variable ${variable}${meant ? `; ${meant} has one` : ''}`, {
    op: 'config',
    hint: meant ? `Set ${meant} instead, or unset ${variable}.` : `Unset ${variable}.`,
    details: { key: variable, nearest: meant ?? null },
  })
}
