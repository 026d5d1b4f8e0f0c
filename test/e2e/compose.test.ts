import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import type { Connected } from '../support/client.ts'
import { needsEngine, theEngine } from '../support/containers.ts'
import { Stack } from '../support/stack.ts'

const MINUTES = 60_000
/** A change whose storage died under it may be in doubt for a minute, and holds its path for that long. */
const BACK = 3 * MINUTES
/** The program takes 11 MiB of it, and what it loads of better-sqlite3 five. */
const ADDED_KIB = 20 * 1024

beforeEach(needsEngine, 10 * MINUTES)
afterAll(
  async () =>
    theEngine().then(
      (engine) => engine[Symbol.asyncDispose](),
      () => {},
    ),
  MINUTES,
)

const PROFILES = {
  embedded: { gateway: 'gateway', mounts: ['/local', '/mfs'], secrets: ['token'] },
  kubo: { gateway: 'gateway-kubo', mounts: ['/local', '/mfs'], secrets: ['token'] },
  cluster: { gateway: 'gateway-cluster', mounts: ['/local', '/mfs', '/cluster'], secrets: ['token', 'cluster_secret'] },
  s3: { gateway: 'gateway-s3', mounts: ['/local', '/mfs', '/s3'], secrets: ['token', 's3_access_key', 's3_secret_key'] },
  all: {
    gateway: 'gateway-all',
    mounts: ['/local', '/mfs', '/cluster', '/s3'],
    secrets: ['token', 'cluster_secret', 's3_access_key', 's3_secret_key'],
  },
} as const
type Profile = keyof typeof PROFILES

const path = (mount: string): string => `${mount}/notes/a.txt`

/**
 * Through the official client: lists each mount and writes a file there, again where it is told that a storage is not back yet.
 * Gives the change of each.
 */
async function writeThrough(agent: Connected, mounts: readonly string[], content: string): Promise<readonly unknown[]> {
  const changes: unknown[] = []
  for (const mount of mounts) {
    const change = await vi.waitFor(async () => {
      const { ok, result } = await agent.call('vfs_write', { path: path(mount), content })
      expect({ mount, ok, error: result['error'] }).toEqual({ mount, ok: true, error: undefined })
      return result['change']
    }, BACK)
    expect((await agent.call('vfs_ls', { path: `${mount}/notes` })).text).toContain('a.txt')
    changes.push(change)
  }
  return changes
}

const readBack = (agent: Connected, mounts: readonly string[]): Promise<readonly string[]> =>
  Promise.all(mounts.map(async (mount) => (await agent.call('vfs_read', { path: path(mount), raw: true })).text))

test.each(['embedded', 'kubo', 'cluster', 's3'] as const)(
  'profile %s starts in order, and its gateway lists and writes through each mount',
  async (profile) => {
    const { mounts, secrets } = PROFILES[profile]
    await using stack = await Stack.of(profile, await theEngine())
    await stack.makeSecrets(secrets)
    await stack.up()
    await using agent = await stack.agent()
    await writeThrough(agent, mounts, 'hello')
    expect(await readBack(agent, mounts)).toEqual(mounts.map(() => 'hello'))
  },
  10 * MINUTES,
)

test.each(Object.keys(PROFILES) as Profile[])(
  'profile %s: no service can do more than it needs, and no port is open beyond the loopback address',
  async (profile) => {
    await using stack = await Stack.of(profile, await theEngine())
    const { services } = JSON.parse(await stack.compose('config', '--format', 'json')) as { services: Record<string, Service> }
    for (const [name, service] of Object.entries(services)) {
      expect({ name, ...service }).toMatchObject({ name, read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
      expect({ name, added: service.cap_add ?? [] }).toEqual({ name, added: name === 's3-bucket' ? ['CHOWN'] : [] })
      expect({ name, limited: Number(service.mem_limit) > 0, pids: service.pids_limit }).toEqual({ name, limited: true, pids: 512 })
      expect(service.ports?.map(({ host_ip }) => host_ip) ?? []).toEqual(name === PROFILES[profile].gateway ? ['127.0.0.1'] : [])
    }
  },
)

interface Service {
  readonly cap_add?: readonly string[]
  readonly mem_limit?: string
  readonly pids_limit?: number
  readonly ports?: readonly { readonly host_ip?: string }[]
}

test(
  'what crashes comes back by itself, and down and up keep every file and its history',
  async () => {
    const { gateway, mounts, secrets } = PROFILES.all
    await using stack = await Stack.of('all', await theEngine())
    await stack.makeSecrets(secrets)
    await stack.up()
    let changes: readonly unknown[] = []
    {
      await using agent = await stack.agent()
      await writeThrough(agent, mounts, 'first')
      await Promise.all(['kubo', 'kubo-2', 'cluster-1', 's3'].map((service) => stack.crash(service)))
      changes = await writeThrough(agent, mounts, 'second')
    }
    await stack.crash(gateway)
    await stack.down()
    await stack.up()
    await using agent = await stack.agent()
    expect(await readBack(agent, mounts)).toEqual(mounts.map(() => 'second'))
    for (const change of changes) expect(await agent.call('vfs_undo', { change })).toMatchObject({ ok: true })
    expect(await readBack(agent, mounts)).toEqual(mounts.map(() => 'first'))
  },
  10 * MINUTES,
)

test('the image adds little to its base, and the gateway does not run as root, writes to its data folder alone, and lets nobody in without the token', async () => {
  await using stack = await Stack.of('embedded', await theEngine())
  await stack.makeSecrets(['token'])
  await stack.up()
  const inside = (script: string): Promise<string> => stack.compose('exec', '-T', 'gateway', 'sh', '-c', script)
  expect(await inside('id -un; stat -c "%U %a" /data; ls /app')).toBe('node\nnode 700\nbin\nconfig.schema.json\ndist\nnode_modules\npackage.json')
  expect(Number(await inside('du -sk /app | cut -f1'))).toBeLessThan(ADDED_KIB)
  expect(await inside("awk '$4 ~ /^rw/ && $2 !~ /^.(proc|dev|sys)/ { print $2 }' /proc/mounts | sort")).toBe('/data\n/tmp')
  expect(await inside('cat /proc/1/status | grep -E "^(CapEff|NoNewPrivs)"')).toBe('CapEff:\t0000000000000000\nNoNewPrivs:\t1')
  expect((await fetch(`${stack.url}/mcp`, { method: 'POST' })).status).toBe(401)
  expect((await fetch(`${stack.url}/readyz`, { headers: { authorization: 'Bearer x' } })).status).toBe(401)
  expect(await inside('tr "\\0" "\\n" < /proc/1/environ')).not.toContain(stack.token)
  expect(await stack.compose('logs')).not.toContain(stack.token)
})
