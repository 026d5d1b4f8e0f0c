import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { loadConfig, type Loaded } from '../../../src/config/load.ts'
import { configSchema } from '../../../src/config/schema.ts'

const schema = configSchema(
  { local: { options: z.strictObject({ root: z.string() }) }, memory: { options: z.strictObject({ max_bytes: z.int().optional() }) } },
  ['memory'],
)
let home: string

beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), 'polymount-config-'))))
afterEach(() => rm(home, { recursive: true }))

interface Given {
  readonly flags?: Readonly<Record<string, unknown>>
  readonly env?: NodeJS.ProcessEnv
  readonly file?: string
}

const load = ({ flags = {}, env = {}, file }: Given = {}): Promise<Loaded> =>
  loadConfig(schema, { flags: new Map(Object.entries(flags).map(([name, value]) => [name, { flag: `--${name}`, value }])), env, home, file })

async function save(path: string, value: unknown): Promise<string> {
  const full = join(home, path)
  await mkdir(dirname(full), { recursive: true })
  await writeFile(full, typeof value === 'string' ? value : JSON.stringify(value))
  return full
}

describe('precedence', () => {
  test('nothing set: the defaults, and each says so', async () => {
    const { config, origins, file } = await load()
    expect(config).toMatchObject({
      data_dir: join(home, '.local/share/polymount'),
      read_only: false,
      toolsets: ['core'],
      http: { host: '127.0.0.1', port: 4280 },
      ipfs: { engine: 'embedded', network: 'client' },
      agents: { register: [] },
    })
    expect(new Set(origins.values())).toEqual(new Set(['default']))
    expect(file).toBeUndefined()
  })

  test('flags beat the environment, which beats the file, which beats the defaults', async () => {
    const file = await save('here.json', { http: { port: 1, host: 'localhost' }, ipfs: { network: 'off' }, toolsets: ['file'] })
    const { config, origins } = await load({ file, env: { POLYMOUNT_HTTP_PORT: '2', POLYMOUNT_IPFS_NETWORK: 'node' }, flags: { 'http.port': 3 } })
    expect([config.http.port, config.http.host, config.ipfs.network, config.toolsets]).toEqual([3, 'localhost', 'node', ['file']])
    expect(['http.port', 'http.host', 'ipfs.network', 'read_only'].map((name) => origins.get(name))).toEqual([
      'flag --http.port',
      `file ${file}`,
      'variable POLYMOUNT_IPFS_NETWORK',
      'default',
    ])
  })

  test('what is denied adds up: a flag cannot lift what a file forbids', async () => {
    const file = await save('here.json', { deny: ['**/*.key'] })
    const { config, origins } = await load({ file, env: { POLYMOUNT_DENY: '**/.env, **/x' }, flags: { deny: ['/a/**'] } })
    expect(config.deny).toEqual(['/a/**', '**/.env', '**/x', '**/*.key'])
    expect(origins.get('deny')).toBe(`flag --deny, variable POLYMOUNT_DENY, file ${file}`)
  })
})

describe('the file', () => {
  test("is the data folder's, else the one of the configuration folder", async () => {
    const second = await save('.config/polymount/polymount.json', { read_only: true })
    expect(await load()).toMatchObject({ file: second, config: { read_only: true } })
    const first = await save('.local/share/polymount/polymount.json', { toolsets: ['all'] })
    expect(await load()).toMatchObject({ file: first, config: { read_only: false, toolsets: ['all'] } })
  })

  test('follows the XDG folders and POLYMOUNT_CONFIG, and a relative XDG folder is ignored', async () => {
    const file = await save('xdg/polymount/polymount.json', { read_only: true })
    expect((await load({ env: { XDG_CONFIG_HOME: join(home, 'xdg') } })).file).toBe(file)
    expect((await load({ env: { XDG_CONFIG_HOME: 'xdg' } })).file).toBeUndefined()
    expect((await load({ env: { POLYMOUNT_CONFIG: file } })).config.read_only).toBe(true)
    expect((await load({ env: { XDG_DATA_HOME: join(home, 'd') } })).config.data_dir).toBe(join(home, 'd/polymount'))
  })

  test.each([
    ['is not there', undefined, /cannot be read \(ENOENT\)/],
    ['is not JSON', '{', /is not JSON/],
    ['holds a list', [], /does not hold an object/],
  ])('is refused when it %s', async (_, content, message) => {
    const file = content === undefined ? join(home, 'missing.json') : await save('bad.json', content)
    await expect(load({ file })).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) })
  })

  test('of a data folder cannot name another data folder', async () => {
    await save('.local/share/polymount/polymount.json', { data_dir: join(home, 'else') })
    await expect(load()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('names another one') })
    const file = await save('anywhere.json', { data_dir: join(home, 'else') })
    expect((await load({ file })).config.data_dir).toBe(join(home, 'else'))
  })
})

describe('unknown keys name the nearest right one', () => {
  test.each([
    [{ readonly: true }, 'readonly', 'read_only'],
    [{ http: { prot: 1 } }, 'http.prot', 'http.port'],
    [{ mounts: [{ path: '/m', backend: 'b', readonly: true }] }, 'mounts.0.readonly', 'mounts.0.read_only'],
    [{ backends: { b: { type: 'local', options: { rot: '/' } } } }, 'backends.b.options.rot', 'backends.b.options.root'],
    [{ backends: { b: { type: 'memory', option: {} } } }, 'backends.b.option', 'backends.b.options'],
    [{ secrets: { s: { form: 'env:X', for: ['https://a'] } } }, 'secrets.s.form', 'secrets.s.from'],
  ])('%j', async (content, key, near) => {
    const file = await save('bad.json', content)
    await expect(load({ file })).rejects.toMatchObject({
      code: 'CONFIG_UNKNOWN_KEY',
      details: { key, nearest: near },
      message: expect.stringContaining(`(file ${file})`),
    })
  })

  test('lists what there is where nothing is near', async () => {
    await expect(load({ file: await save('bad.json', { ipfs: { zzzzzz: 1 } }) })).rejects.toThrow('here are engine, network')
  })

  test('also among variables', async () => {
    await expect(load({ env: { POLYMOUNT_HTTP_PROT: '1' } })).rejects.toMatchObject({
      code: 'CONFIG_UNKNOWN_KEY',
      details: { key: 'POLYMOUNT_HTTP_PROT', nearest: 'POLYMOUNT_HTTP_PORT' },
    })
    await expect(load({ env: { POLYMOUNT_QQQQQQQQQQQQ: '1' } })).rejects.toMatchObject({ hint: 'Unset POLYMOUNT_QQQQQQQQQQQQ.' })
  })

  test('a variable that holds a referred secret may have any name, and Kubernetes sets its own', async () => {
    const env = {
      POLYMOUNT_HTTP_TOKEN: 'env:POLYMOUNT_MY_TOKEN',
      POLYMOUNT_MY_TOKEN: 's3cret',
      POLYMOUNT_PORT_4280_TCP: 'tcp://10.0.0.1',
      POLYMOUNT_SERVICE_HOST: '10.0.0.1',
    }
    expect((await load({ env })).config.http.token).toBe('env:POLYMOUNT_MY_TOKEN')
  })
})

describe('wrong values', () => {
  test.each([
    [{ POLYMOUNT_HTTP_PORT: 'many' }, 'http.port', 'variable POLYMOUNT_HTTP_PORT'],
    [{ POLYMOUNT_HTTP_PORT: ' ' }, 'http.port', 'variable POLYMOUNT_HTTP_PORT'],
    [{ POLYMOUNT_READ_ONLY: 'maybe' }, 'read_only', 'variable POLYMOUNT_READ_ONLY'],
    [{ POLYMOUNT_TOOLSETS: '' }, 'toolsets', 'variable POLYMOUNT_TOOLSETS'],
    [{ POLYMOUNT_DATA_DIR: 'here' }, 'data_dir', 'variable POLYMOUNT_DATA_DIR'],
    [{ POLYMOUNT_MOUNTS: '[{"path":"/a/../b","backend":"x"}]' }, 'mounts.0.path', 'variable POLYMOUNT_MOUNTS'],
    [{ POLYMOUNT_BACKENDS: '{"b":{"type":"floppy"}}' }, 'backends.b.type', 'variable POLYMOUNT_BACKENDS'],
    [{ POLYMOUNT_AGENTS_REGISTER: 'floppy' }, 'agents.register.0', 'variable POLYMOUNT_AGENTS_REGISTER'],
  ])('%j', async (env, key, origin) => {
    await expect(load({ env })).rejects.toMatchObject({ code: 'CONFIG_INVALID', details: { key }, message: expect.stringContaining(`(${origin})`) })
  })

  test('a type that no agent may ever register is refused with the reason', async () => {
    const error: unknown = await load({ env: { POLYMOUNT_AGENTS_REGISTER: 'local' } }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: { key: 'agents.register.0' } })
    expect(error).toHaveProperty('message', expect.stringContaining('must be one of memory: other types reach whatever their options name'))
  })

  test('a secret in the place of a reference is refused and never repeated', async () => {
    for (const env of [
      { POLYMOUNT_HTTP_TOKEN: 'hunter2' },
      { POLYMOUNT_SECRETS: '{"a":{"from":"hunter2","for":["https://a"]}}' },
      { POLYMOUNT_SECRETS: 'hunter2' },
    ]) {
      const error: unknown = await load({ env }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
      expect(JSON.stringify([String(error), error])).not.toContain('hunter2')
    }
  })

  test('values of the environment become what the key wants', async () => {
    const env = {
      POLYMOUNT_READ_ONLY: '1',
      POLYMOUNT_TOOLSETS: 'core, vfs',
      POLYMOUNT_DENY: '["a,b"]',
      POLYMOUNT_MOUNTS: '[{"path":"/m/","backend":"b"}]',
      POLYMOUNT_BACKENDS: '{"b":{"type":"memory"}}',
    }
    expect((await load({ env })).config).toMatchObject({
      read_only: true,
      toolsets: ['core', 'vfs'],
      deny: ['a,b'],
      mounts: [{ path: '/m', backend: 'b', read_only: false, versions: 'on' }],
      backends: { b: { type: 'memory', options: {} } },
    })
  })
})

describe('the IPFS engine', () => {
  test.each(['embedded', 'kubo', 'http://127.0.0.1:5001', 'https://ipfs.example.org/api'])('%s', async (engine) => {
    expect((await load({ env: { POLYMOUNT_IPFS_ENGINE: engine } })).config.ipfs.engine).toBe(engine)
  })

  test.each(['helia', 'ftp://127.0.0.1', '127.0.0.1:5001', ''])('%j is none', async (engine) => {
    await expect(load({ env: { POLYMOUNT_IPFS_ENGINE: engine } })).rejects.toMatchObject({ code: 'CONFIG_INVALID', details: { key: 'ipfs.engine' } })
  })

  test('a URL that holds credentials is refused, and they are not repeated', async () => {
    const error: unknown = await load({ env: { POLYMOUNT_IPFS_ENGINE: 'https://me:hunter2@host' } }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', hint: expect.stringContaining('ipfs.authorization') })
    expect(String(error)).not.toContain('hunter2')
  })

  test('authorization goes to the named daemon only, and not over a network in the clear', async () => {
    const withSecret = (engine: string) => load({ env: { POLYMOUNT_IPFS_ENGINE: engine, POLYMOUNT_IPFS_AUTHORIZATION: 'env:IPFS_AUTH' } })
    for (const engine of ['https://host', 'http://127.0.0.1:5001', 'http://[::1]:5001'])
      expect((await withSecret(engine)).config.ipfs.authorization).toBe('env:IPFS_AUTH')
    for (const engine of ['kubo', 'embedded', 'http://192.168.1.2:5001']) await expect(withSecret(engine)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  test('what a daemon of our own takes', async () => {
    expect((await load()).config.ipfs).toMatchObject({ fallback: 'none', kubo: {} })
    const file = await save('here.json', { ipfs: { engine: 'kubo', fallback: 'embedded', kubo: { binary: '/opt/ipfs', memory_limit_mb: 512 } } })
    expect((await load({ file, env: { POLYMOUNT_IPFS_KUBO_REPO: '/home/me/.ipfs' } })).config.ipfs).toMatchObject({
      engine: 'kubo',
      fallback: 'embedded',
      kubo: { binary: '/opt/ipfs', repo: '/home/me/.ipfs', memory_limit_mb: 512 },
    })
    await expect(load({ env: { POLYMOUNT_IPFS_KUBO_BINARY: 'ipfs' } })).rejects.toMatchObject({ details: { key: 'ipfs.kubo.binary' } })
  })
})

describe('an address that others can reach', () => {
  test.each(['0.0.0.0', '::', '192.168.1.4', 'example.org', '127.evil.org'])('%s needs a token', async (host) => {
    await expect(load({ flags: { 'http.host': host } })).rejects.toMatchObject({ code: 'INSECURE_BIND' })
    expect((await load({ flags: { 'http.host': host }, env: { POLYMOUNT_HTTP_TOKEN: 'env:X' } })).config.http.host).toBe(host)
  })

  test.each(['127.0.0.1', '127.1.2.3', '::1', '[::1]', '0:0::1', 'localhost'])('%s needs none', async (host) => {
    expect((await load({ flags: { 'http.host': host } })).config.http.host).toBe(host)
  })
})
