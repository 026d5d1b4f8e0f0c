import { describe, expect, test } from 'vitest'
import { help } from '../../../src/commands/help.ts'
import { FLAGS } from '../../../src/commands/flags.ts'
import { parseCommandLine } from '../../../src/commands/parse.ts'

const parsed = (...args: string[]) => {
  const { command, positionals, flags } = parseCommandLine(args)
  return { command, positionals, flags: Object.fromEntries(flags) }
}

describe('a command line', () => {
  test('without a command serves', () => {
    expect(parsed()).toEqual({ command: 'serve', positionals: [], flags: {} })
    expect(parsed('/a', '/b:ro')).toEqual({ command: 'serve', positionals: ['/a', '/b:ro'], flags: {} })
    expect(parsed('serve', 'call')).toEqual({ command: 'serve', positionals: ['call'], flags: {} })
  })

  test('gives every text of a flag', () => {
    expect(parsed('/a', '--deny', '*.key', '--read-only', '--deny=**/.env', '--data-dir', '/d')).toEqual({
      command: 'serve',
      positionals: ['/a'],
      flags: { deny: ['*.key', '**/.env'], 'read-only': [''], 'data-dir': ['/d'] },
    })
    expect(parsed('call', 'vfs_ls', '-', '--raw', '--dir', '/a')).toEqual({ command: 'call', positionals: ['vfs_ls', '-'], flags: { raw: [''], dir: ['/a'] } })
  })

  test.each([
    [['--http'], [], ''],
    [['--http', '8080'], [], '8080'],
    [['--http', ':8080', '/a'], ['/a'], ':8080'],
    [['--http', '[::1]:80'], [], '[::1]:80'],
    [['--http=localhost:1', '/a'], ['/a'], 'localhost:1'],
    [['--http', './80'], ['./80'], ''],
    [['--http', 'app2'], ['app2'], ''],
    [['--http', '--read-only'], [], ''],
  ])('%j: the address may be left out', (args, positionals, http) => {
    expect(parsed(...args)).toMatchObject({ positionals, flags: { http: [http] } })
  })

  test('after -- everything is a folder', () => {
    expect(parsed('--', '--http', '1')).toEqual({ command: 'serve', positionals: ['--http', '1'], flags: {} })
  })
})

describe('what cannot be understood names what was meant', () => {
  test.each([
    [['--readonly'], 'there is no flag --readonly; did you mean --read-only?'],
    [['--qqqqqqqqqqqqqqqq'], 'there is no flag --qqqqqqqqqqqqqqqq'],
    [['-x'], 'there is no flag -x'],
    [['--constructor'], 'there is no flag --constructor'],
    [['--raw'], 'serve does not take --raw; call does'],
    [['tools', '--deny', 'x'], 'tools does not take --deny; serve, call, doctor, config do'],
    [['backends', 'test', 'x', '--upload'], 'backends test does not take --upload; backends link does'],
    [['services', 'logs', 'kubo', '--json'], 'services logs does not take --json; tools, ipfs, gc, services list, backends, doctor, config do'],
    [['backends', 'add', 'x', '--typ', 's3'], 'there is no flag --typ; did you mean --type?'],
    [['--deny'], '--deny needs a value: --deny GLOB'],
    [['--deny', '--read-only'], '--deny needs a value: --deny GLOB'],
    [['--read-only=yes'], '--read-only takes no value'],
  ])('%j', (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(expect.objectContaining({ name: 'UsageError', message }))
  })
})

/** What stands beside the flags of the settings, which every command takes. */
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  serve: ['http'],
  'call vfs_ls': ['dir', 'raw'],
  tools: ['json'],
  'ipfs keys': ['json'],
  'ipfs migrate': ['json', 'to'],
  gc: ['dir', 'json', 'dry-run', 'keep-within'],
  services: ['json'],
  'services list': ['json'],
  'services start kubo': [],
  'services stop kubo': [],
  'services restart kubo': [],
  'services logs kubo': [],
  backends: ['json'],
  'backends list': ['json'],
  'backends add x': ['json', 'type', 'option', 'mount'],
  'backends test x': ['json'],
  'backends remove x': ['json'],
  'backends link x /y': ['json', 'expires', 'upload'],
  doctor: ['dir', 'json'],
  config: ['json'],
}

test.each(Object.entries(TAKEN))('%s takes its own flags, and no others', (words, own) => {
  const answer = (name: string): string => {
    try {
      parseCommandLine([...words.split(' '), FLAGS[name]?.value === undefined ? `--${name}` : `--${name}=x`])
      return 'taken'
    } catch (error) {
      return String(error)
    }
  }
  const special = Object.keys(FLAGS).filter((name) => name === 'http' || (name !== 'config' && !FLAGS[name]?.settings))
  const refused = (name: string): unknown => expect.stringContaining(`does not take --${name}; `)
  expect(special.map(answer)).toEqual(special.map((name) => (own.includes(name) ? 'taken' : refused(name))))
  expect(['config', 'data-dir', 'engine'].map(answer)).toEqual(['taken', 'taken', 'taken'])
})

describe('settings of flags', () => {
  const settings = (name: string, text: string) => FLAGS[name]?.settings?.(text, '/cwd')

  test.each([
    ['http', '', {}],
    ['http', '8080', { 'http.port': 8080 }],
    ['http', '0.0.0.0:1', { 'http.host': '0.0.0.0', 'http.port': 1 }],
    ['http', '[::1]:1', { 'http.host': '::1', 'http.port': 1 }],
    ['data-dir', 'd', { data_dir: '/cwd/d' }],
    ['toolsets', 'core,vfs,', { toolsets: ['core', 'vfs'] }],
    ['tools', 'a', { 'tools.include': ['a'] }],
    ['exclude-tools', 'a,b', { 'tools.exclude': ['a', 'b'] }],
    ['deny', '**/{a,b}', { deny: ['**/{a,b}'] }],
    ['read-only', '', { read_only: true }],
    ['engine', 'embedded', { 'ipfs.engine': 'embedded' }],
  ])('--%s %s', (name, text, expected) => expect(settings(name, text)).toEqual(expected))

  test('--http refuses what is no address', () => expect(() => settings('http', 'localhost')).toThrow('--http takes HOST:PORT, not localhost'))
})

test('help names every command and flag', () => {
  for (const name of [...Object.keys(FLAGS).map((flag) => `--${flag}`), 'serve', 'call', 'tools', 'ipfs', 'gc', 'doctor', 'config'])
    expect(help()).toContain(name)
  expect(parseCommandLine(['tools', '-h'])).toMatchObject({ wants: 'help' })
  expect(parseCommandLine(['--version', '--nonsense'])).toMatchObject({ wants: 'version' })
})
