import { randomUUID } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { findServer } from '../../../scripts/servers/find.ts'
import { RCLONE } from '../../../scripts/servers/programs.ts'
import { type ConnectedGateway, connect } from '../../support/gateway.ts'
import { temporaryFolder } from '../../support/content.ts'
import { memoryRemote, needsRclone } from '../../support/rclone.ts'

beforeEach(needsRclone)

const open = async (config: object = {}, files = {}): Promise<ConnectedGateway> =>
  connect({
    files,
    env: { PATH: process.env['PATH'], RCLONE_BINARY: await findServer(RCLONE), RCLONE_CONFIG: '/dev/null' },
    config: {
      backends: { cloud: { type: 'rclone', options: { remote: memoryRemote() } } },
      mounts: [{ path: '/cloud', backend: 'cloud' }],
      ...config,
    },
  })

test('rclone is started for the mount, a tree goes there and back, and every change can be taken back', async () => {
  await using session = await open({}, { 'a/one': 'first', 'a/b/two': 'second' })
  const call = session.call.bind(session)
  const copied = await call('vfs_copy', { from: `${session.work}/a`, to: '/cloud/a' })
  expect(copied.result).toMatchObject({ status: 'success', cas: 'weak' })
  expect((await call('vfs_edit', { path: '/cloud/a/one', old_string: 'first', new_string: 'changed' })).ok).toBe(true)
  const removed = await call('vfs_remove', { path: '/cloud/a', recursive: true })
  expect((await call('vfs_stat', { path: '/cloud/a' })).result['error_code']).toBe('NOT_FOUND')
  expect((await call('vfs_undo', { change: removed.result['change'] })).result).toMatchObject({ conflicts: [] })
  expect((await call('vfs_read', { path: '/cloud/a/one', raw: true })).text).toBe('changed')
  expect((await call('vfs_read', { path: '/cloud/a/b/two', raw: true })).text).toBe('second')
  expect((await call('vfs_undo', { session: 'current' })).result).toMatchObject({ conflicts: [] })
  expect((await call('vfs_ls', { path: '/cloud' })).result['entries']).toEqual([])
})

test('a remote by its name in a configuration file of rclone is a storage like any other', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'rclone.conf')
  await writeFile(file, '[mine]\ntype = alias\nremote = :memory:\n')
  const backends = { cloud: { type: 'rclone', options: { remote: `mine:${randomUUID()}` } } }
  await using session = await open({ backends, rclone: { config_file: file } })
  const written = await session.call('vfs_write', { path: '/cloud/f', content: 'x' })
  expect((await session.call('vfs_read', { path: '/cloud/f', raw: true })).text).toBe('x')
  expect((await session.call('vfs_undo', { change: written.result['change'] })).result).toMatchObject({ conflicts: [] })
  await using unknown = await open({ backends: { cloud: { type: 'rclone', options: { remote: 'nobodys:x' } } }, rclone: { config_file: file } })
  expect((await unknown.call('vfs_ls', { path: '/cloud' })).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
})

test('its credentials stand in no argument of a process, and its port takes no call without them', async () => {
  await using session = await open()
  await session.call('vfs_write', { path: '/cloud/f', content: 'x' })
  const secret = (await readFile(join(session.work, '../data/services/rclone/secret'), 'utf8')).trim()
  expect(secret.length).toBeGreaterThan(20)
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  expect(lines.join('\n')).not.toContain(secret)
  const addresses = lines.flatMap((line) => /\0rcd\0.*--rc-addr\0(127\.0\.0\.1:[1-9]\d*)/.exec(line)?.[1] ?? [])
  expect(addresses.length).toBeGreaterThan(0)
  for (const address of addresses) expect((await fetch(`http://${address}/operations/list`, { method: 'POST' })).status).toBe(401)
})

test('a program that is not there takes its own mount down, and no other', async () => {
  await using session = await open({ rclone: { binary: '/nowhere/rclone' } }, { f: 'x' })
  const listed = await session.call('vfs_ls', { path: '/cloud' })
  expect(listed.result).toMatchObject({ error_code: 'SERVICE_UNAVAILABLE', error: expect.stringContaining('/nowhere/rclone') })
  expect((await session.call('vfs_read', { path: `${session.work}/f`, raw: true })).text).toBe('x')
})

test('killed, it comes back; what waits meanwhile is told to repeat', async () => {
  await using session = await open()
  await session.call('vfs_write', { path: '/cloud/f', content: 'x' })
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const folder = join(session.work, '../data/services/rclone')
  for (const pid of processes) {
    const cwd = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (cwd.includes(await readFile(join(folder, 'secret'), 'utf8').then((text) => text.trim()))) process.kill(Number(pid), 'SIGKILL')
  }
  const refusals: unknown[] = []
  await vi.waitFor(
    async () => {
      const answer = await session.call('vfs_write', { path: '/cloud/g', content: 'y' })
      refusals.push(...(answer.ok ? [] : [answer.result['context']]))
      expect(answer.ok).toBe(true)
    },
    { timeout: 30_000, interval: 100 },
  )
  for (const context of refusals) expect(context).toMatchObject({ retryable: true })
})
