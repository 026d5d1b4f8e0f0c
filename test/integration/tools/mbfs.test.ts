import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { connect } from '../../support/gateway.ts'

const two = { backends: { one: { type: 'memory' }, two: { type: 'memory' } } }
const refused = (error_code: string) => ({ ok: false, result: { error_code } })

test('what is stored under a key is read, listed, deleted and brought back', async () => {
  await using t = await connect({ config: two })
  const stored = await t.call('mbfs_store', { backend: 'one', key: 'a/b.txt', content: 'hello' })
  expect(stored).toMatchObject({ ok: true, result: { path: '/backends/one/a/b.txt', size: 5 } })
  expect(await t.call('mbfs_retrieve', { backend: 'one', key: 'a/b.txt' })).toMatchObject({ ok: true, result: { content: 'hello', next_offset: null } })
  expect(await t.call('mbfs_retrieve', { backend: 'one', key: 'a/b.txt', offset: 1, length: 2 })).toMatchObject({ result: { content: 'el', next_offset: 3 } })
  const copied = await t.call('mbfs_retrieve', { backend: 'one', key: 'a/b.txt', to: join(t.work, 'b') })
  expect(copied).toMatchObject({ ok: true, result: { size: 5, change: expect.any(String) } })
  const deleted = await t.call('mbfs_delete', { backend: 'one', key: 'a/b.txt' })
  expect(await t.call('mbfs_retrieve', { backend: 'one', key: 'a/b.txt' })).toMatchObject(refused('NOT_FOUND'))
  expect(await t.call('vfs_undo', { change: deleted.result['change'] })).toMatchObject({ ok: true })
  expect(await t.call('mbfs_retrieve', { backend: 'one', key: 'a/b.txt' })).toMatchObject({ result: { content: 'hello' } })
})

test('bytes that are no text come as base64', async () => {
  await using t = await connect({ config: two })
  await t.call('mbfs_store', { backend: 'one', key: 'b', content_base64: '/wD+' })
  const { result } = await t.call('mbfs_retrieve', { backend: 'one', key: 'b' })
  expect(result).toMatchObject({ content_base64: '/wD+', size: 3 })
  expect(result).not.toHaveProperty('content')
})

test('keys come in pages, in the order of their names, each once', async () => {
  await using t = await connect({ config: two })
  const keys = ['a', 'b/1', 'b/2', 'c', 'd/x/y']
  for (const key of keys) await t.call('mbfs_store', { backend: 'one', key, content: key })
  const seen: string[] = []
  for (let cursor: unknown; ;) {
    const { result } = await t.call('mbfs_list_content', { backend: 'one', limit: 2, ...(cursor !== undefined && { cursor }) })
    seen.push(...(result['entries'] as { key: string }[]).map(({ key }) => key))
    cursor = result['next_cursor']
    if (cursor === null) break
  }
  expect(seen).toEqual(keys)
  expect((await t.call('mbfs_list_content', { backend: 'one', prefix: 'b' })).result['entries']).toHaveLength(2)
})

test('a folder goes to another storage once: called again it sends nothing', async () => {
  await using t = await connect({ config: two })
  for (const key of ['x/1', 'x/2', 'other']) await t.call('mbfs_store', { backend: 'one', key, content: key })
  const wish = { from_backend: 'one', to_backend: 'two', prefix: 'x' }
  expect((await t.call('mbfs_copy_between_backends', { ...wish, dry_run: true })).result).toMatchObject({ copied: 2, change: null })
  expect((await t.call('mbfs_list_content', { backend: 'two' })).result['entries']).toEqual([])
  const copied = await t.call('mbfs_copy_between_backends', wish)
  expect(copied.result).toMatchObject({ copied: 2, skipped: 0, failed: [] })
  expect((await t.call('mbfs_copy_between_backends', wish)).result).toMatchObject({ copied: 0, skipped: 2, change: null })
  expect((await t.call('mbfs_copy_between_backends', { from_backend: 'one', to_backend: 'two' })).result).toMatchObject({ copied: 1, skipped: 2 })
  await t.call('vfs_undo', { change: copied.result['change'] })
  expect((await t.call('mbfs_list_content', { backend: 'two' })).result['entries']).toMatchObject([{ key: 'other' }])
  expect((await t.call('mbfs_copy_between_backends', { ...wish, prefix: undefined, key: 'x/2' })).result).toMatchObject({ copied: 1 })
  expect((await t.call('mbfs_copy_between_backends', { ...wish, key: 'x/2' })).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
})

test('a copy tells how far it is, and when it is given up no file is left half', async () => {
  await using t = await connect({ config: { backends: { one: { type: 'memory' }, two: { type: 'memory', limits: { upload: 128 << 10 } } } } })
  const content = 'x'.repeat(64 << 10)
  for (let i = 0; i < 8; i++) await t.call('mbfs_store', { backend: 'one', key: `${i}`, content })
  const gone = new AbortController()
  const told: string[] = []
  const onprogress = ({ message = '' }: { readonly message?: string | undefined }): void => {
    if (told.push(message) > 1) gone.abort()
  }
  const args = { from_backend: 'one', to_backend: 'two', concurrency: 1 }
  await expect(t.client.callTool({ name: 'mbfs_copy_between_backends', arguments: args }, { signal: gone.signal, onprogress })).rejects.toThrow(/abort/i)
  expect(told[0]).toMatch(/^\d of 8 files, .* of 512 KB, .*\/s, \d+ s left$/)
  const ended = async () => (await t.call('vfs_history', { path: '/backends/two' })).result['changes'] as { state: string; kind: string; parts?: number }[]
  await expect.poll(async () => (await ended()).some(({ state }) => state === 'open')).toBe(false)
  const { entries } = (await t.call('mbfs_list_content', { backend: 'two' })).result as { entries: { size: number }[] }
  expect(entries.length).toBeLessThan(8)
  expect(entries.filter(({ size }) => size !== 64 << 10)).toEqual([])
})

test.each(['nobody', '\uD800', '__proto__'])('a storage of the name %j is not there, whatever is asked of it', async (name) => {
  await using t = await connect({ config: two })
  const place = { backend: name, key: 'k' }
  const one = { backend: 'one', key: 'k', content: 'x' }
  expect(await t.call('mbfs_store', { ...place, content: 'x' })).toMatchObject(refused('BACKEND_NOT_FOUND'))
  expect(await t.call('mbfs_store', { ...one, replicas: [name] })).toMatchObject(refused('BACKEND_NOT_FOUND'))
  expect(await t.call('mbfs_retrieve', place)).toMatchObject(refused('BACKEND_NOT_FOUND'))
  expect(await t.call('mbfs_copy_between_backends', { from_backend: 'one', to_backend: name, key: 'k' })).toMatchObject(refused('BACKEND_NOT_FOUND'))
  expect(t.logged).toEqual([])
})

test('a registered storage is listed with what was asked of it, and goes when it is removed', async () => {
  await using t = await connect({ config: { ...two, agents: { register: ['memory'] } } })
  expect(await t.call('mbfs_register_backend', { name: 'mine', type: 'memory' })).toMatchObject({ ok: true, result: { name: 'mine', type: 'memory' } })
  await t.call('mbfs_store', { backend: 'mine', key: 'f', content: '1234' })
  const listed = async () => (await t.call('mbfs_list_backends')).result['backends'] as { name: string }[]
  expect((await listed()).find(({ name }) => name === 'mine')).toMatchObject({
    registered: true,
    health: 'ok',
    mounts: ['/backends/mine'],
    usage: { bytes_written: 4 },
  })
  expect(await t.call('mbfs_remove_backend', { backend: 'mine' })).toMatchObject({ ok: true })
  expect((await listed()).map(({ name }) => name)).toEqual(['one', 'two'])
  expect(await t.call('vfs_ls', { path: '/backends/mine' })).toMatchObject({ ok: false })
  expect(await t.call('mbfs_store', { backend: 'mine', key: 'f', content: 'x' })).toMatchObject(refused('BACKEND_NOT_FOUND'))
})

test('type storacha is answered with what to use instead', async () => {
  await using t = await connect()
  const { ok, text, result } = await t.call('mbfs_register_backend', { name: 'w', type: 'storacha' })
  expect([ok, result['error_code']]).toEqual([false, 'UNSUPPORTED'])
  expect(text).toMatch(/takes no writes any more.*s3, cluster or ipfs/s)
})

const SECRET = 'planted-1f8c0a'
const endpoint = 'http://127.0.0.1:9'
const caged = {
  agents: { register: ['local', 'memory', 's3', 'cluster'] },
  secrets: { key: { from: 'env:PLANTED', for: [endpoint] } },
  backends: { mine: { type: 'memory' }, bucket: { type: 's3', options: { bucket: 'taken', endpoint } } },
}

describe('an agent', () => {
  const bound = { endpoint, access_key_id: 'secret:key', secret_access_key: 'secret:key' }
  const wishes: readonly (readonly [string, string, object, string, string])[] = [
    ['a folder of the machine', 'local', { root: '/etc' }, 'DENIED', 'below a served one'],
    ['a way out of the served folder', 'local', { root: 'WORK/../data' }, 'DENIED', 'below a served one'],
    ['a link out of the served folder', 'local', { root: 'WORK/out' }, 'DENIED', 'below a served one'],
    ['more memory than is good', 'memory', { max_bytes: 2 ** 40 }, 'DENIED', 'max_bytes'],
    ['the local disk by rclone', 'rclone', { remote: ':local:/etc' }, 'DENIED', 'for a person to name'],
    ['the local disk inside a remote of rclone', 'rclone', { remote: ':alias,remote="/etc":' }, 'DENIED', 'for a person to name'],
    ['a page of this machine', 'http', { files: { '/f': 'http://127.0.0.1/' } }, 'DENIED', 'for a person to name'],
    ['the metadata of a cloud', 'http', { files: { '/f': 'http://169.254.169.254/latest' } }, 'DENIED', 'for a person to name'],
    ["the gateway's own credentials", 's3', { bucket: 'free' }, 'DENIED', 'must be secret:NAME'],
    ['an address without secrets', 's3', { bucket: 'free', endpoint: 'http://169.254.169.254' }, 'DENIED', 'must be secret:NAME'],
    ['a variable', 's3', { ...bound, bucket: 'free', access_key_id: 'env:PLANTED' }, 'DENIED', 'configuration alone'],
    ['a file', 's3', { ...bound, bucket: 'free', secret_access_key: 'file:/etc/passwd' }, 'DENIED', 'configuration alone'],
    ['a secret for another host', 's3', { ...bound, bucket: 'free', endpoint: 'http://attacker.example' }, 'DENIED', 'is not for'],
    ['a secret for another port', 's3', { ...bound, bucket: 'free', endpoint: 'http://127.0.0.1:10' }, 'DENIED', 'is not for'],
    ['a secret for AWS', 's3', { ...bound, bucket: 'free', endpoint: undefined }, 'DENIED', 'is not for'],
    ['a host in the bucket', 's3', { ...bound, bucket: 'attacker.example/' }, 'DENIED', 'name of a bucket'],
    ['a host in the region', 's3', { ...bound, bucket: 'free', region: 'attacker.example#' }, 'DENIED', 'name of a region'],
    ['a configured bucket by a second name', 's3', { ...bound, bucket: 'taken', prefix: 'hidden' }, 'DENIED', 'is configured'],
    ['parts that fill the memory', 's3', { ...bound, bucket: 'free', part_size: 512 * 2 ** 20 }, 'DENIED', 'part_size'],
    ['a secret that is not there', 's3', { ...bound, bucket: 'free', access_key_id: 'secret:nothing' }, 'SECRET_MISSING', 'has no secret:nothing'],
    ['what every object has', 's3', { ...bound, bucket: 'free', access_key_id: 'secret:constructor' }, 'SECRET_MISSING', 'has no secret:constructor'],
    ['a cluster without a secret', 'cluster', { api: 'http://127.0.0.1:9094' }, 'DENIED', 'must be secret:NAME'],
    ['an RPC beside a cluster', 'cluster', { api: endpoint, authorization: 'secret:key', ipfs_api: 'http://127.0.0.1:5001' }, 'DENIED', 'ipfs_api'],
    ['an option that there is not', 'local', { root: 'WORK', dataFolder: '/' }, 'INVALID_ARGUMENT', 'dataFolder'],
    ['a type that every object has', 'constructor', {}, 'INVALID_ARGUMENT', 'no type'],
    ['a type that is not allowed', 'mfs', {}, 'DENIED', 'no agent may'],
  ]

  test.each(wishes)('does not register %s', async (_, type, options, error_code, why) => {
    await using t = await connect({ config: caged, env: { PLANTED: SECRET } })
    await symlink('/etc', join(t.work, 'out'))
    const given = JSON.parse(JSON.stringify(options).replaceAll('WORK', t.work)) as object
    const { raw, ...answer } = await t.call('mbfs_register_backend', { name: 'wider', type, options: given })
    expect(answer).toMatchObject({ ...refused(error_code), text: expect.stringContaining(why) })
    expect(JSON.stringify([raw, t.logged])).not.toContain(SECRET)
    expect(((await t.call('mbfs_list_backends')).result['backends'] as object[]).length).toBe(2)
  })

  test.each(['mine', 'local', '../up', 'a/b', '', 'x'.repeat(65)])('does not take the name %j', async (name) => {
    await using t = await connect({ config: caged })
    expect((await t.call('mbfs_register_backend', { name, type: 'memory' })).ok).toBe(false)
  })

  test('does not remove what a person configured', async () => {
    await using t = await connect({ config: caged })
    expect(await t.call('mbfs_remove_backend', { backend: 'mine' })).toMatchObject(refused('DENIED'))
    expect(await t.call('mbfs_store', { backend: 'mine', key: 'f', content: 'x' })).toMatchObject({ ok: true })
  })

  test('leaves no storage by its key', async () => {
    await using t = await connect({ config: caged, files: { secret: 'x' } })
    for (const key of ['../../local/f', 'a/../../x', '/../x']) expect((await t.call('mbfs_retrieve', { backend: 'mine', key })).ok).toBe(false)
    expect((await t.call('mbfs_store', { backend: 'mine', key: '/', content: 'x' })).ok).toBe(false)
  })
})

describe('rules of the configuration hold by any key', () => {
  const mounts = [
    { path: '/shown', backend: 'mine', root: '/part', read_only: true },
    { path: '/all', backend: 'mine' },
  ]
  const config = { ...two, backends: { mine: { type: 'memory' } }, agents: { register: ['local'] } }

  test('what a mount of a part shows read-only', async () => {
    await using t = await connect({ config: { ...config, mounts } })
    expect(await t.call('mbfs_store', { backend: 'mine', key: 'part/f', content: 'x' })).toMatchObject(refused('READ_ONLY'))
    expect(await t.call('mbfs_delete', { backend: 'mine', key: 'part/f' })).toMatchObject({ ok: false })
    expect(await t.call('mbfs_store', { backend: 'mine', key: 'beside', content: 'x' })).toMatchObject({ ok: true, result: { path: '/all/beside' } })
  })

  test('what is read-only as a whole', async () => {
    await using t = await connect({ config: { ...config, mounts: [{ path: '/all', backend: 'mine', read_only: true }] } })
    expect(await t.call('mbfs_store', { backend: 'mine', key: 'f', content: 'x' })).toMatchObject(refused('READ_ONLY'))
  })

  test('what is hidden under the name of a mount', async () => {
    await using t = await connect({ config: { ...config, mounts: [{ path: '/part', backend: 'mine', root: '/p' }], deny: ['/part/hidden'] } })
    expect(await t.call('mbfs_store', { backend: 'mine', key: 'p/hidden/f', content: 'x' })).toMatchObject(refused('DENIED'))
    expect(await t.call('mbfs_retrieve', { backend: 'mine', key: 'p/hidden/f' })).toMatchObject(refused('DENIED'))
  })

  test('a part of a served folder that may only be read, or is hidden there', async () => {
    await using t = await connect({ config: { ...config, deny: ['.env'] }, files: { 'a/f': 'x', 'a/.env': 'KEY' }, readOnly: true })
    expect(await t.call('mbfs_register_backend', { name: 'part', type: 'local', options: { root: join(t.work, 'a') } })).toMatchObject({ ok: true })
    expect(await t.call('mbfs_retrieve', { backend: 'part', key: 'f' })).toMatchObject({ result: { content: 'x' } })
    expect(await t.call('mbfs_store', { backend: 'part', key: 'f', content: 'y' })).toMatchObject(refused('READ_ONLY'))
    expect(await t.call('mbfs_retrieve', { backend: 'part', key: '.env' })).toMatchObject(refused('DENIED'))
  })

  test('the guard against lost updates', async () => {
    await using t = await connect({ config })
    const stored = await t.call('mbfs_store', { backend: 'mine', key: 'f', content: '1' })
    await t.call('mbfs_store', { backend: 'mine', key: 'f', content: '2' })
    for (const tool of ['mbfs_store', 'mbfs_delete'])
      expect(await t.call(tool, { backend: 'mine', key: 'f', if_match: stored.result['etag'], ...(tool === 'mbfs_store' && { content: '3' }) })).toMatchObject(
        refused('CONFLICT'),
      )
  })
})
