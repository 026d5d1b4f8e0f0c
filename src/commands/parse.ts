import { parseArgs } from 'node:util'
import { nearest } from '../core/nearest.ts'
import { looksLikeAddress } from './address.ts'
import { FLAGS, type CommandName, type Flag } from './flags.ts'
import { UsageError } from './usage-error.ts'

export const COMMANDS: readonly CommandName[] = ['serve', 'call', 'tools', 'ipfs', 'gc', 'services', 'backends', 'doctor', 'config']

/** The commands that have verbs, and what is meant if none is said. */
const VERBS: Partial<Record<CommandName, string>> = { ipfs: '', services: ' list', backends: ' list' }

export interface CommandLine {
  readonly command: CommandName
  readonly positionals: readonly string[]
  /** The texts of each flag that stands there; '' for a switch. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly wants?: 'help' | 'version'
}

/** Rejects UsageError, which names the nearest flag or command. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { tokens } = parseArgs({ args: withOptionalAddress(args), options: OPTIONS, strict: false, allowPositionals: true, tokens: true })
  const positionals = tokens.filter((token) => token.kind === 'positional').map(({ value }) => value)
  const named = COMMANDS.find((name) => name === positionals[0])
  const command = named ?? 'serve'
  const words = wordsOf(command, positionals[1])
  const flags = new Map<string, string[]>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    if (token.name === 'help' || token.name === 'version') return { command, positionals: [], flags, wants: token.name }
    flags.set(token.name, [...(flags.get(token.name) ?? []), checked(words, token)])
  }
  return { command, positionals: named ? positionals.slice(1) : positionals, flags }
}

const OPTIONS = {
  ...Object.fromEntries(Object.entries(FLAGS).map(([name, { value }]) => [name, { type: value ? ('string' as const) : ('boolean' as const), multiple: true }])),
  help: { type: 'boolean' as const, short: 'h' },
  version: { type: 'boolean' as const, short: 'v' },
}

/** `--http` may stand alone, which parseArgs does not know: it gets its value, or an empty one, inside its own word. */
function withOptionalAddress(args: readonly string[]): string[] {
  const out: string[] = []
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? ''
    const next = args[i + 1]
    if (word === '--') return [...out, ...args.slice(i)]
    if (word !== '--http') out.push(word)
    else if (next !== undefined && looksLikeAddress(next)) out.push(`--http=${args[++i]}`)
    else out.push('--http=')
  }
  return out
}

function checked(
  words: string,
  token: { readonly name: string; readonly rawName: string; readonly value?: string | undefined; readonly inlineValue?: boolean | undefined },
): string {
  const flag = flagOf(token.name)
  if (!flag || !takes(flag, words)) throw unknownFlag(words, token.rawName)
  if (flag.value === undefined && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`)
  if (flag.value === undefined) return ''
  const forgotten = token.value === undefined || (!token.inlineValue && token.value.startsWith('-') && token.value !== '-')
  if (forgotten) throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${flag.value}`)
  return token.value ?? ''
}

/** The command, with its verb if it has one. */
function wordsOf(command: CommandName, verb: string | undefined): string {
  const unsaid = VERBS[command]
  return unsaid === undefined ? command : `${command}${verb === undefined ? unsaid : ` ${verb}`}`
}

const flagOf = (name: string): Flag | undefined => (Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined)

const takes = ({ commands }: Flag, words: string): boolean => commands.some((each) => each === words || words.startsWith(`${each} `))

function unknownFlag(words: string, written: string): UsageError {
  const elsewhere = flagOf(written.replace(/^-+/, ''))?.commands
  if (elsewhere) return new UsageError(`${words} does not take ${written}; ${elsewhere.join(', ')} ${elsewhere.length > 1 ? 'do' : 'does'}`)
  const known = Object.entries(FLAGS).flatMap(([name, flag]) => (takes(flag, words) ? [`--${name}`] : []))
  const meant = nearest(written, [...known, '--help', '--version'])
  return new UsageError(`there is no flag ${written}${meant ? `; did you mean ${meant}?` : ''}`)
}
