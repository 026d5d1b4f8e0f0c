import { createInterface, type Interface } from 'node:readline/promises'
import type { z } from 'zod'
import { nearest } from '../core/nearest.ts'
import { optionsOf, TYPES } from '../gateway.ts'
import type { Io } from './io.ts'
import { UsageError } from './usage-error.ts'

/** What the command line says. */
export interface Wish {
  readonly name: string | undefined
  readonly type: string | undefined
  /** Absent where none was given. */
  readonly options: Readonly<Record<string, unknown>> | undefined
  readonly mount: string | undefined
}

export interface Asked {
  readonly name: string
  readonly type: string
  readonly options: Readonly<Record<string, unknown>>
  readonly mount: string | undefined
}

/** Completes it by asking a person, if there is one at the terminal. Rejects UsageError for what is missing. */
export async function askFor(wish: Wish, io: Io): Promise<Asked> {
  const { name, type, options } = wish
  if (type !== undefined) requireType(type)
  const complete = name !== undefined && type !== undefined && (options !== undefined || required(type).length === 0)
  if (complete) return { ...wish, name, type, options: options ?? {} }
  if (!('isTTY' in io.stdin && io.stdin.isTTY === true)) throw new UsageError(`${missing(wish)}: polymount backends add NAME --type TYPE --option NAME=VALUE`)
  const terminal = createInterface({ input: io.stdin, output: io.stdout })
  try {
    return await ask(wish, terminal)
  } finally {
    terminal.close()
  }
}

async function ask(wish: Wish, terminal: Interface): Promise<Asked> {
  const name = wish.name ?? (await answered(terminal, 'Name', (text) => (text === '' ? 'a name is needed' : undefined)))
  const type = wish.type ?? (await answered(terminal, `Type (${TYPES.join(', ')})`, (text) => (TYPES.includes(text) ? undefined : `there is no type ${text}`)))
  const options = wish.options ?? (await askOptions(type, terminal))
  const mount = wish.mount ?? (await terminal.question('Mount at (a path such as /data; nothing: not mounted): '))
  return { name, type, options, mount: mount === '' ? undefined : mount }
}

/** Of a secret the schema takes a reference and nothing else, and says so. */
async function askOptions(type: string, terminal: Interface): Promise<Record<string, unknown>> {
  const options: Record<string, unknown> = {}
  for (const [key, schema] of Object.entries(shapeOf(type))) {
    const may = schema.safeParse(undefined).success
    const valued = (text: string): unknown => (schema.safeParse(text).success ? text : valueOf(text))
    const wrong = (text: string): string | undefined => (text === '' && may ? undefined : wrongOf(schema, valued(text)))
    const text = await answered(terminal, `${key}${may ? ' (may be empty)' : ''}${schema.description ? `, ${schema.description}` : ''}`, wrong)
    if (text !== '') options[key] = valued(text)
  }
  return options
}

/** Asks again until nothing is wrong with it. */
async function answered(terminal: Interface, question: string, wrong: (text: string) => string | undefined): Promise<string> {
  for (let why: string | undefined = ''; ;) {
    const text = (await terminal.question(`${why === '' ? '' : `  ${why}\n`}${question}: `)).trim()
    why = wrong(text)
    if (why === undefined) return text
  }
}

/** Text that is none for the schema: a number, a switch, or JSON. */
export function valueOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Quotes no value. */
const wrongOf = (schema: z.ZodType, value: unknown): string | undefined =>
  schema
    .safeParse(value)
    .error?.issues.map(({ message }) => message)
    .join('; ')

const shapeOf = (type: string): Readonly<Record<string, z.ZodType>> => optionsOf(type)?.shape ?? {}

const required = (type: string): string[] => Object.entries(shapeOf(type)).flatMap(([key, schema]) => (schema.safeParse(undefined).success ? [] : [key]))

function requireType(type: string): void {
  if (TYPES.includes(type)) return
  const meant = nearest(type, TYPES)
  throw new UsageError(`there is no type ${type}; ${meant ? `did you mean ${meant}?` : `there is ${TYPES.join(', ')}`}`)
}

const missing = ({ name, type }: Wish): string =>
  name === undefined ? 'a name is missing' : type === undefined ? 'a type is missing' : `options are missing: ${required(type).join(', ')}`
