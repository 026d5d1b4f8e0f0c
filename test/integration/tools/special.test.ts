import { execFileSync } from 'node:child_process'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect, type ConnectedGateway } from '../../support/gateway.ts'

const config = {
  backends: { scratch: { type: 'memory' } },
  mounts: [{ path: '/scratch', backend: 'scratch' }],
  deny: ['**/hidden/**'],
}

/** A folder with files, a pipe in it and one further down, and one that a rule hides. */
async function withPipes(): Promise<ConnectedGateway & { readonly from: string; readonly pipes: readonly string[] }> {
  const session = await connect({ files: { 'src/a': 'one', 'src/d/b': 'two', 'src/hidden/c': 'secret' }, config })
  const from = join(session.work, 'src')
  const pipes = ['d/pipe', 'pipe'].map((name) => join(from, name))
  execFileSync('mkfifo', [...pipes, join(from, 'hidden/pipe')])
  return { ...session, from, pipes }
}

const told = (paths: readonly string[]) => paths.map((path) => ({ path, error_code: 'SPECIAL_FILE', error: `${path} is a device, pipe or socket` }))
const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

test('what is no file of a copied folder is named, and what a rule hides is not', async () => {
  await using t = await withPipes()
  const { result } = await t.call('vfs_copy', { from: t.from, to: '/scratch/to' })
  expect(result).toMatchObject({ status: 'success', bytes: 6 })
  expect(result['left_out']).toEqual(expect.arrayContaining(told(t.pipes)))
  expect(result['left_out']).toHaveLength(2)
  const chosen = await t.call('vfs_copy', { from: t.from, to: '/scratch/chosen', exclude: ['d'] })
  expect(chosen.result['left_out']).toEqual(told([join(t.from, 'pipe')]))
  await t.call('vfs_remove', { path: '/scratch/to', recursive: true })
  expect((await t.call('vfs_copy', { from: '/scratch/chosen', to: '/scratch/again' })).result).not.toHaveProperty('left_out')
})

test('a move that would take what it cannot carry changes nothing; one that leaves it there says so', async () => {
  await using t = await withPipes()
  const inner = join(t.from, 'd')
  const refused = await t.call('vfs_move', { from: inner, to: '/scratch/moved' })
  expect(refused).toMatchObject({ ok: false, result: { error_code: 'SPECIAL_FILE', context: { path: join(inner, 'pipe') } } })
  expect((await t.call('vfs_stat', { path: '/scratch/moved' })).ok).toBe(false)
  expect((await t.call('vfs_read', { path: join(inner, 'b') })).ok).toBe(true)
  const moved = await t.call('vfs_move', { from: inner, to: '/scratch/moved', include: ['**'] })
  expect(moved.result).toMatchObject({ status: 'success', left_out: told([join(inner, 'pipe')]) })
  expect(await isThere(join(inner, 'pipe'))).toBe(true)
  expect(await isThere(join(inner, 'b'))).toBe(false)
})

test('a folder moved into one that is there keeps what cannot be carried', async () => {
  await using t = await withPipes()
  await t.call('vfs_mkdir', { path: join(t.work, 'there') })
  const merged = await t.call('vfs_move', { from: join(t.from, 'd'), to: join(t.work, 'there'), overwrite: true })
  expect(merged).toMatchObject({ ok: false, result: { error_code: 'SPECIAL_FILE' } })
  expect(await isThere(join(t.from, 'd/pipe'))).toBe(true)
})

test('inside one storage a folder moves with all that is in it', async () => {
  await using t = await withPipes()
  expect((await t.call('vfs_move', { from: join(t.from, 'd'), to: join(t.work, 'e') })).ok).toBe(true)
  expect(await isThere(join(t.work, 'e/pipe'))).toBe(true)
})

test('a copy between storages lists it with what failed', async () => {
  await using t = await connect({ files: { 'src/d/b': 'two' }, config: { agents: { register: ['local'] }, backends: config.backends } })
  execFileSync('mkfifo', [join(t.work, 'src/d/pipe')])
  await t.call('mbfs_register_backend', { name: 'part', type: 'local', options: { root: join(t.work, 'src') } })
  const copy = () => t.call('mbfs_copy_between_backends', { from_backend: 'part', to_backend: 'scratch' })
  const first = await copy()
  expect(first.result).toMatchObject({ copied: 1, failed: [{ path: expect.stringMatching(/\/d\/pipe$/), error_code: 'SPECIAL_FILE' }], failed_more: 0 })
  expect((await t.call('vfs_history', { path: '/backends/scratch' })).text).toContain('partial')
  expect((await copy()).result).toMatchObject({ copied: 0, skipped: 1, failed: [{ error_code: 'SPECIAL_FILE' }], change: null })
})

test('a folder that goes into IPFS leaves it out, and names it', async () => {
  await using t = await withPipes()
  const added = await t.call('ipfs_add', { from: t.from, pin: false })
  const synced = await t.call('vfs_sync_to_ipfs', { path: t.from, pin: false })
  const again = await t.call('vfs_sync_to_ipfs', { path: t.from, pin: false })
  for (const { result } of [added, synced, again]) {
    expect(result['left_out']).toEqual(expect.arrayContaining(told(t.pipes)))
    expect(result['left_out']).toHaveLength(2)
  }
  expect(added.result['cid']).toBe(synced.result['cid'])
})

test('a folder that holds nothing else is not empty', async () => {
  await using t = await withPipes()
  await t.call('vfs_remove', { path: join(t.from, 'd/b') })
  expect(await t.call('vfs_rmdir', { path: join(t.from, 'd') })).toMatchObject({ ok: false, result: { error_code: 'NOT_EMPTY' } })
  const { result } = await t.call('vfs_mkdir', { path: join(t.work, 'new') })
  execFileSync('mkfifo', [join(t.work, 'new/pipe')])
  expect((await t.call('vfs_undo', { change: result['change'] })).text).toMatch(/^NOT_EMPTY: .*new holds something by now/)
  expect(await isThere(join(t.work, 'new/pipe'))).toBe(true)
})
