import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type ConnectedGateway, connect } from '../../support/gateway.ts'

const three = { backends: { one: { type: 'memory' }, two: { type: 'memory' }, three: { type: 'memory' } } }
const at = (name: string, key = 'a/b.txt') => `/backends/${name}/${key}`
const store = (t: ConnectedGateway, content: string, replicas: readonly string[] = ['two', 'three']) =>
  t.call('mbfs_store', { backend: 'one', key: 'a/b.txt', content, replicas })
const retrieve = (t: ConnectedGateway, more: object = {}) => t.call('mbfs_retrieve', { backend: 'one', key: 'a/b.txt', ...more })
const content = async (t: ConnectedGateway, name: string) => (await t.call('vfs_read', { path: at(name), raw: true })).text

test('one store writes to several storages and says which hold it, and one undo takes it back everywhere', async () => {
  await using t = await connect({ config: three })
  await t.call('mbfs_store', { backend: 'two', key: 'a/b.txt', content: 'other' })
  const stored = await store(t, 'hello')
  expect(stored.result).toMatchObject({ path: at('one'), size: 5, held_by: [at('one'), at('two'), at('three')], failed: [] })
  for (const name of ['one', 'two', 'three']) expect(await content(t, name)).toBe('hello')
  expect((await t.call('vfs_undo', { change: stored.result['change'] })).result).toMatchObject({ conflicts: [] })
  expect(await content(t, 'two')).toBe('other')
  for (const name of ['one', 'three']) expect((await t.call('vfs_stat', { path: at(name) })).result).toMatchObject({ error_code: 'NOT_FOUND' })
  expect((await retrieve(t)).result).toMatchObject({ error_code: 'NOT_FOUND' })
})

test('a replica that cannot be written is told, and does not stop the rest', async () => {
  await using t = await connect({ config: { ...three, backends: { ...three.backends, small: { type: 'memory', options: { max_bytes: 3 } } } } })
  const { ok, result } = await store(t, 'hello', ['small', 'two'])
  expect(ok).toBe(true)
  expect(result).toMatchObject({ held_by: [at('one'), at('two')], failed: [{ path: at('small'), error_code: 'QUOTA_EXCEEDED' }] })
})

test('where the first storage cannot hold it nothing is left anywhere', async () => {
  await using t = await connect({ config: { backends: { ...three.backends, one: { type: 'memory', options: { max_bytes: 3 } } } } })
  expect((await store(t, 'hello')).ok).toBe(false)
  expect((await t.call('mbfs_list_content', { backend: 'two' })).result['entries']).toEqual([])
})

test.each([
  ['a storage that is named twice', ['two', 'two'], 'INVALID_ARGUMENT'],
  ['the storage itself', ['one'], 'INVALID_ARGUMENT'],
  ['a storage that is not there', ['two', 'nobody'], 'BACKEND_NOT_FOUND'],
  ['more than may be', Array.from({ length: 16 }, (_, i) => `r${i}`), 'INVALID_INPUT'],
])('%s is refused before anything is written', async (_, replicas, code) => {
  await using t = await connect({ config: three })
  expect((await store(t, 'hello', replicas)).result).toMatchObject({ error_code: code })
  for (const backend of ['one', 'two']) expect((await t.call('mbfs_list_content', { backend })).result['entries']).toEqual([])
})

/** Folders of the disk, so that somebody else can lose what is in them. */
async function onDisk(): Promise<ConnectedGateway & { readonly file: (name: string) => string }> {
  const t = await connect({ files: { 'one/x': '', 'two/x': '', 'three/x': '' }, config: { agents: { register: ['local'] } } })
  for (const name of ['one', 'two', 'three']) await t.call('mbfs_register_backend', { name, type: 'local', options: { root: join(t.work, name) } })
  expect((await store(t, 'hello')).result).toMatchObject({ failed: [] })
  return { ...t, file: (name) => join(t.work, name, 'a/b.txt'), [Symbol.asyncDispose]: t[Symbol.asyncDispose] }
}

test('what is lost is served by a replica and put back, and they go on being replicas of each other', async () => {
  await using t = await onDisk()
  await rm(join(t.work, 'one/a'), { recursive: true })
  const found = await retrieve(t)
  expect(found.result).toMatchObject({ content: 'hello', repaired: true, failed: [{ path: at('one'), error_code: 'NOT_FOUND' }] })
  expect([at('two'), at('three')]).toContain(found.result['served_by'])
  expect(await readFile(t.file('one'), 'utf8')).toBe('hello')
  expect((await retrieve(t)).result).not.toHaveProperty('served_by')

  for (const lost of ['one', 'two']) await rm(t.file(lost))
  expect((await retrieve(t)).result).toMatchObject({ content: 'hello', served_by: at('three'), repaired: true })
  expect((await t.call('mbfs_retrieve', { backend: 'two', key: 'a/b.txt' })).result).toMatchObject({ content: 'hello', repaired: true })
})

test('a retrieval to a path, and in pieces, falls back as well', async () => {
  await using t = await onDisk()
  await rm(t.file('one'))
  expect((await retrieve(t, { to: join(t.work, 'copy') })).result).toMatchObject({ size: 5, repaired: true })
  expect(await readFile(join(t.work, 'copy'), 'utf8')).toBe('hello')
  await rm(t.file('one'))
  expect((await retrieve(t, { offset: 1, length: 3 })).result).toMatchObject({ content: 'ell', next_offset: 4, repaired: true })
})

test('a replica that somebody has changed is not served, and stays as it is', async () => {
  await using t = await onDisk()
  await writeFile(t.file('two'), 'theirs')
  await rm(t.file('one'))
  const { result } = await retrieve(t)
  expect(result).toMatchObject({ content: 'hello', served_by: at('three') })
  await rm(t.file('one'))
  await rm(t.file('three'))
  expect((await retrieve(t)).result).toMatchObject({ error_code: 'NOT_FOUND' })
  expect(await readFile(t.file('two'), 'utf8')).toBe('theirs')
})

test.each<[string, (t: ConnectedGateway) => Promise<unknown>]>([
  ['was written anew', (t) => t.call('vfs_write', { path: at('one'), content: 'newer', if_match: '*' })],
  ['was removed', (t) => t.call('vfs_remove', { path: at('one') })],
  ['lay in a folder that was removed', (t) => t.call('vfs_remove', { path: '/backends/one/a', recursive: true })],
  ['was moved away', (t) => t.call('vfs_move', { from: at('one'), to: '/backends/one/else' })],
])('a replica of what %s is never taken for it', async (_, change) => {
  await using t = await onDisk()
  expect(await change(t)).toMatchObject({ ok: true })
  await rm(join(t.work, 'one/a'), { recursive: true, force: true })
  expect((await retrieve(t)).result).toMatchObject({ error_code: 'NOT_FOUND' })
})

test('what replicas hold is deleted with them, and one undo brings all back', async () => {
  await using t = await onDisk()
  const deleted = await t.call('mbfs_delete', { backend: 'one', key: 'a/b.txt' })
  for (const name of ['one', 'two', 'three']) await expect(readFile(t.file(name))).rejects.toMatchObject({ code: 'ENOENT' })
  expect((await t.call('vfs_undo', { change: deleted.result['change'] })).result).toMatchObject({ conflicts: [] })
  for (const name of ['one', 'two', 'three']) expect(await readFile(t.file(name), 'utf8')).toBe('hello')
})

test('a deletion leaves alone what somebody else has put in the place of a replica', async () => {
  await using t = await onDisk()
  await writeFile(t.file('two'), 'theirs')
  await rm(t.file('three'))
  expect((await t.call('mbfs_delete', { backend: 'one', key: 'a/b.txt' })).ok).toBe(true)
  expect(await readFile(t.file('two'), 'utf8')).toBe('theirs')
})

test('what may only be read is not written, and says so', async () => {
  await using t = await connect({
    config: { backends: { one: { type: 'memory' }, sealed: { type: 'memory' } }, mounts: [{ path: '/sealed', backend: 'sealed', read_only: true }] },
  })
  const stored = await t.call('mbfs_store', { backend: 'one', key: 'k', content: 'hello', replicas: ['sealed'] })
  expect(stored.result).toMatchObject({ held_by: ['/backends/one/k'], failed: [{ path: '/backends/sealed/k', error_code: 'READ_ONLY' }] })
})

test('rules hold for replicas: what is denied is neither written nor read by them', async () => {
  await using t = await connect({ config: { ...three, deny: ['/backends/two/**'] } })
  const stored = await store(t, 'hello', ['two'])
  expect(stored.result).toMatchObject({ held_by: [at('one')], failed: [{ path: at('two'), error_code: 'DENIED' }] })
})
