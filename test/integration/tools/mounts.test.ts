import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { vfsPath } from '../../../src/core/path.ts'
import { connect } from '../../support/gateway.ts'

/** A folder that holds the gateway's data folder, and is configured as a storage of its own. */
async function around() {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'polymount-mounts-')))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  await mkdir(join(home, 'data'))
  const backends = { disk: { type: 'local', options: { root: home } } }
  return { data_dir: join(home, 'data'), backends, mounts: [{ path: '/disk', backend: 'disk' }] }
}

test('vfs_unmount takes no mount away that a person made', async () => {
  await using t = await connect({ readOnly: true })
  for (const path of [t.work, '/local', '/mfs'])
    expect(await t.call('vfs_unmount', { path, force: true })).toMatchObject({ ok: false, result: { error_code: 'DENIED' } })
  expect(await t.call('vfs_write', { path: join(t.work, 'f'), content: 'x' })).toMatchObject({ ok: false, result: { error_code: 'READ_ONLY' } })
})

test('a mount of a tool that fails or goes leaves the storage to the other mounts, and the data folder hidden in it', async () => {
  await using t = await connect({ config: await around() })
  expect(await t.call('vfs_mount', { path: '/disk', backend: 'disk' })).toMatchObject({ ok: false, result: { error_code: 'MOUNT_EXISTS' } })
  for (let i = 0; i < 2; i++) {
    expect(await t.call('vfs_mount', { path: '/again', backend: 'disk' })).toMatchObject({ ok: true })
    expect(await t.call('vfs_unmount', { path: '/again' })).toMatchObject({ ok: true })
  }
  expect(await t.call('vfs_write', { path: '/disk/f', content: 'x' })).toMatchObject({ ok: true })
  expect((await t.call('vfs_ls', { path: '/disk' })).text).not.toContain('data')
  expect(await t.call('vfs_ls', { path: '/disk/data' })).toMatchObject({ ok: false, result: { error_code: 'DENIED' } })
  expect(await t.call('vfs_remove', { path: '/disk/data', recursive: true })).toMatchObject({ ok: false, result: { error_code: 'MOUNT_INSIDE' } })
})

test('vfs_unmount takes a mount away under a read only by force', async () => {
  await using t = await connect({ config: { backends: { extra: { type: 'memory' } } } })
  await t.call('vfs_mount', { path: '/extra', backend: 'extra' })
  await t.call('vfs_write', { path: '/extra/f', content: 'x' })
  const { vfs } = t.gateway.mcp()
  const reading = (await vfs.open(vfsPath('/extra/f'), { actor: { client: 'slow' } })).read()[Symbol.asyncIterator]()
  await reading.next()
  expect(await t.call('vfs_unmount', { path: '/extra' })).toMatchObject({ ok: false, result: { error_code: 'MOUNT_BUSY' } })
  expect(await t.call('vfs_unmount', { path: '/extra', force: true })).toMatchObject({ ok: true })
  expect(await t.call('vfs_read', { path: '/extra/f' })).toMatchObject({ ok: false, result: { error_code: 'NOT_SERVED' } })
  expect(await reading.next()).toMatchObject({ done: true })
})

test('vfs_list_mounts tells what was asked of each storage: calls, errors and bytes', async () => {
  await using t = await connect({ files: { f: 'hello' } })
  const usage = async () => {
    const { mounts } = (await t.call('vfs_list_mounts')).result as { mounts: { path: string; usage: Record<string, number> }[] }
    return mounts.find(({ path }) => path === t.work)?.usage
  }
  expect(await usage()).toEqual({ calls: 0, errors: 0, open: 0, bytes_read: 0, bytes_written: 0 })
  await t.call('vfs_read', { path: join(t.work, 'f') })
  await t.call('vfs_read', { path: join(t.work, 'missing') })
  await t.call('vfs_write', { path: join(t.work, 'g'), content: '1234567' })
  const after = await usage()
  expect(after).toMatchObject({ open: 0, bytes_read: 5, bytes_written: 7 })
  expect(after?.['errors']).toBeGreaterThan(0)
  expect(after?.['calls']).toBeGreaterThan(3)
})
