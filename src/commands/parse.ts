import { parseArgs } from 'node:util'
import { nearest } from '../core/nearest.ts'
import { looksLikeAddress } from './address.ts'
import { FLAGS, type CommandName } from './flags.ts'
import { UsageError } from './usage-error.ts'

export const COMMANDS: readonly CommandName[] = ['serve', 'call', 'tools', 'ipfs', 'gc', 'services', 'backends', 'doctor', 'config']

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
  const flags = new Map<string, string[]>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    if (token.name === 'help' || token.name === 'version') return { command, positionals: [], flags, wants: token.name }
    flags.set(token.name, [...(flags.get(token.name) ?? []), checked(command, token)])
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
  command: CommandName,
  token: { readonly name: string; readonly rawName: string; readonly value?: string | undefined; readonly inlineValue?: boolean | undefined },
): string {
  const flag = FLAGS[token.name]
  if (!flag?.commands.includes(command)) throw unknownFlag(command, token.rawName)
  if (flag.value === undefined && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`)
  if (flag.value === undefined) return ''
  const forgotten = token.value === undefined || (!token.inlineValue && token.value.startsWith('-') && token.value !== '-')
  if (forgotten) throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${flag.value}`)
  return token.value ?? ''
}

function unknownFlag(command: CommandName, written: string): UsageError {
  const elsewhere = FLAGS[written.replace(/^-+/, '')]?.commands
  if (elsewhere) return new UsageError(`${command} does not take ${written}; ${elsewhere.join(', ')} ${elsewhere.length > 1 ? 'do' : 'does'}`)
  const known = Object.entries(FLAGS).flatMap(([name, flag]) => (flag.commands.includes(command) ? [`--${name}`] : []))
  const meant = nearest(written, [...known, '--help', '--version'])
  return new UsageError(`there is no flag ${written}${meant ? `; did you mean ${meant}?` : ''}`)
}
