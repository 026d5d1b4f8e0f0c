import { beforeEach, expect, test, vi } from 'vitest'
import { findServer } from '../../../scripts/servers/find.ts'
import { RCLONE } from '../../../scripts/servers/programs.ts'
import { type ConnectedGateway, connect } from '../../support/gateway.ts'
import { memoryRemote, needsRclone } from '../../support/rclone.ts'

beforeEach(needsRclone)

/** Two storages of the configuration, one of which is a folder of the other. */
async function opened(config: object = {}): Promise<ConnectedGateway> {
  const whole = memoryRemote()
  const remotes = { whole, part: `${whole}/part` }
  const t = await connect({
    env: { PATH: process.env['PATH'], RCLONE_BINARY: await findServer(RCLONE), RCLONE_CONFIG: '/dev/null' },
    config: {
      backends: Object.fromEntries(Object.entries(remotes).map(([name, remote]) => [name, { type: 'rclone', options: { remote } }])),
      mounts: Object.keys(remotes).map((name) => ({ path: `/${name}`, backend: name })),
      ...config,
    },
  })
  // rclone may take its time to start, and what is not there in time is mounted later.
  await vi.waitFor(
    async () =>
      expect((await Promise.all(Object.keys(remotes).map((name) => t.call('vfs_ls', { path: `/${name}` })))).map(({ ok }) => ok)).toEqual([true, true]),
    20_000,
  )
  return t
}

const [BY_WHOLE, BY_PART] = ['/whole/part/f', '/part/f']

test('what is changed through one root of a remote is in the history of the other, and is taken back through either', async () => {
  await using t = await opened()
  await t.call('vfs_mkdir', { path: '/whole/part' })
  const made = await t.call('vfs_write', { path: BY_WHOLE, content: 'first' })
  const edited = await t.call('vfs_edit', { path: BY_PART, old_string: 'first', new_string: 'second' })
  await t.call('vfs_read', { path: BY_WHOLE })
  const removed = await t.call('vfs_remove', { path: BY_WHOLE })
  for (const path of [BY_WHOLE, BY_PART]) {
    const { text } = await t.call('vfs_history', { path })
    expect([text.includes(String(edited.result['change'])), text.includes(String(removed.result['change']))]).toEqual([true, true])
  }
  expect(await t.call('vfs_undo', { change: removed.result['change'] })).toMatchObject({ result: { conflicts: [] } })
  expect((await t.call('vfs_read', { path: BY_WHOLE, raw: true })).text).toBe('second')
  expect(await t.call('vfs_undo', { change: edited.result['change'] })).toMatchObject({ result: { conflicts: [] } })
  expect((await t.call('vfs_read', { path: BY_PART, raw: true })).text).toBe('first')
  expect(await t.call('vfs_undo', { change: made.result['change'] })).toMatchObject({ result: { conflicts: [] } })
  expect((await t.call('vfs_stat', { path: BY_WHOLE })).result).toMatchObject({ error_code: 'NOT_FOUND' })
})

test('of twenty that write through two roots, one wins', async () => {
  await using t = await opened()
  await t.call('vfs_mkdir', { path: '/whole/part' })
  const { result } = await t.call('vfs_write', { path: BY_PART, content: 'before' })
  const write = async (i: number): Promise<unknown> => {
    const written = await t.call('vfs_write', { path: i % 2 === 0 ? BY_WHOLE : BY_PART, content: `by ${i}`, if_match: String(result['etag']) })
    if (written.ok) return 'won'
    const code = written.result['error_code']
    return code === 'BUSY' ? write(i) : code // on a slow machine a turn may take longer than anybody waits for it
  }
  const codes = await Promise.all(Array.from({ length: 20 }, (_, i) => write(i)))
  expect(codes.map(String).toSorted()).toEqual([...Array<string>(19).fill('CONFLICT'), 'won'])
})

test('what may not be touched by one name may not be touched by the other', async () => {
  await using t = await opened({ deny: ['/part/hidden'] })
  await t.call('vfs_mkdir', { path: '/whole/part' })
  for (const [tool, args] of [
    ['vfs_write', { content: 'x' }],
    ['vfs_read', {}],
  ] as const)
    expect((await t.call(tool, { path: '/whole/part/hidden', ...args })).result, tool).toMatchObject({ error_code: 'DENIED' })
  await using locked = await opened({
    mounts: [
      { path: '/whole', backend: 'whole' },
      { path: '/part', backend: 'part', read_only: true },
    ],
  })
  expect((await locked.call('vfs_write', { path: BY_WHOLE, content: 'x' })).result).toMatchObject({ error_code: 'READ_ONLY' })
})
