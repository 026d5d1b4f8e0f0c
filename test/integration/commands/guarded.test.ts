import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { guardedPaths } from '../../../src/config/guarded.ts'
import { openGateway, schema } from '../../../src/gateway.ts'
import { vfsPath } from '../../../src/core/path.ts'

const ACTOR = { client: 'test', session: 's' }

const GUARDED = [
  'polymount.json',
  '.config/polymount/polymount.json',
  'tools/evil.tools.js',
  'bin/ipfs',
  'bin/other-ipfs',
  'bin/rclone',
  'bin/lassie',
  '.ipfs/config',
  'secret.txt',
  'id',
  'key',
  'pass',
  '.aws/config',
  '.aws/credentials',
  '.config/rclone/rclone.conf',
]

/** A person serves the whole home, in which the configuration, the own tools and a secret lie. */
async function servedHome(served = '.') {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'polymount-home-')))
  const config = schema.parse({
    data_dir: join(home, 'data'),
    ipfs: { network: 'off', kubo: { binary: join(home, 'bin/ipfs'), repo: join(home, '.ipfs') } },
    rclone: { binary: join(home, 'bin/rclone') },
    lassie: { binary: join(home, 'bin/lassie') },
    tools: { paths: [join(home, 'tools')] },
    secrets: { key: { from: `file:${home}/secret.txt`, for: ['https://example.org'] } },
    backends: {
      bucket: { type: 's3', options: { bucket: 'b', endpoint: 'http://127.0.0.1:9', access_key_id: `file:${home}/id`, secret_access_key: `file:${home}/key` } },
      profile: { type: 's3', options: { bucket: 'b', endpoint: 'http://127.0.0.1:9' } },
      remote: { type: 'rclone', options: { remote: `:sftp,pass={file:${home}/pass}:` } },
      unmounted: { type: 'local', options: { root: home } },
    },
  })
  for (const folder of ['tools', 'work']) await mkdir(join(home, folder))
  await writeFile(join(home, 'secret.txt'), 'very secret')
  const file = join(home, 'polymount.json')
  await writeFile(file, '{}')
  const guarded = await guardedPaths(config, file, { env: { KUBO_BINARY: join(home, 'bin/other-ipfs') }, home })
  const gateway = await openGateway(config, { served: [{ path: vfsPath(join(home, served)), readOnly: false }], home, env: {}, guarded, log: () => {} })
  const call = async (tool: string, args: object) => {
    const outcome = await gateway.registry.invoke(tool, args, { actor: ACTOR, signal: new AbortController().signal })
    return outcome.ok ? 'done' : outcome.envelope.error_code
  }
  const close = async (): Promise<void> => {
    await gateway[Symbol.asyncDispose]()
    await rm(home, { recursive: true })
  }
  return { home, call, [Symbol.asyncDispose]: close }
}

test('an agent reaches neither the configuration, nor the own tools, nor a program that is started, nor a secret, wherever they lie', async () => {
  await using t = await servedHome()
  for (const name of GUARDED) {
    expect(await t.call('vfs_read', { path: `${t.home}/${name}` }), name).toBe('DENIED')
    expect(await t.call('vfs_write', { path: `${t.home}/${name}`, content: 'x' }), name).toBe('DENIED')
  }
  expect(await t.call('vfs_remove', { path: `${t.home}/tools`, recursive: true })).toBe('DENIED')
  expect(await readFile(join(t.home, 'secret.txt'), 'utf8')).toBe('very secret')
})

test('nor by a folder that is made elsewhere and moved to where one would be looked for', async () => {
  await using t = await servedHome()
  expect(await t.call('vfs_write', { path: `${t.home}/x/polymount.json`, content: '{}' })).toBe('done')
  expect(await t.call('vfs_mkdir', { path: `${t.home}/.config` })).toBe('done')
  expect(await t.call('vfs_move', { from: `${t.home}/x`, to: `${t.home}/.config/polymount` })).toBe('DENIED')
  expect(await t.call('vfs_copy', { from: `${t.home}/x`, to: `${t.home}/.config/polymount` })).toBe('DENIED')
  expect(await t.call('vfs_copy', { from: `${t.home}/x/polymount.json`, to: `${t.home}/y.json` })).toBe('done')
})

test('nor by a storage of the configuration that is mounted later, or used by its name', async () => {
  await using t = await servedHome()
  expect(await t.call('vfs_mount', { path: '/again', backend: 'unmounted' })).toBe('done')
  for (const name of GUARDED) {
    expect(await t.call('mbfs_retrieve', { backend: 'unmounted', key: name }), name).toBe('DENIED')
    expect(await t.call('vfs_write', { path: `/again/${name}`, content: 'x' }), name).toBe('DENIED')
  }
  expect(await t.call('vfs_remove', { path: '/again/tools', recursive: true })).toBe('DENIED')
  expect(await t.call('vfs_write', { path: '/again/other', content: 'x' })).toBe('done')
})

test('nor where the home itself is not served', async () => {
  await using t = await servedHome('work')
  for (const name of GUARDED) expect(await t.call('mbfs_retrieve', { backend: 'unmounted', key: name }), name).toBe('DENIED')
  expect(await t.call('mbfs_store', { backend: 'unmounted', key: 'other', content: 'x' })).toBe('done')
})

test('nor where its disk comes when all else is served already', async () => {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'polymount-home-')))
  const disk = join(home, 'disk')
  const config = schema.parse({
    data_dir: join(home, 'data'),
    ipfs: { network: 'off' },
    secrets: { key: { from: `file:${disk}/secret.txt`, for: ['https://example.org'] } },
    backends: { disk: { type: 'local', options: { root: disk } } },
    mounts: [{ path: '/disk', backend: 'disk' }],
  })
  const guarded = await guardedPaths(config, undefined, { env: {}, home })
  await using gateway = await openGateway(config, { served: [], home, env: {}, guarded, log: () => {} })
  const read = async (name: string) => {
    const outcome = await gateway.registry.invoke('vfs_read', { path: `/disk/${name}` }, { actor: ACTOR, signal: new AbortController().signal })
    return outcome.ok ? 'done' : outcome.envelope.error_code
  }
  expect(await read('secret.txt')).toBe('UNAVAILABLE')
  await mkdir(disk)
  for (const name of ['secret.txt', 'other.txt']) await writeFile(join(disk, name), 'very secret')
  await expect.poll(() => read('other.txt'), { timeout: 10_000 }).toBe('done')
  expect(await read('secret.txt')).toBe('DENIED')
})
