import { afterAll, describe, expect, test } from 'vitest'
import { serveEverything, type Served } from '../../support/everything.ts'

const served: Served = await serveEverything()
const other = await served.connect('other')
const call: Served['connected']['call'] = (tool, args) => served.connected.call(tool, args)
afterAll(() => served[Symbol.asyncDispose]())

const names = async (path: string): Promise<string[]> =>
  ((await call('vfs_find', { path, kind: 'file' })).result['entries'] as { path: string }[]).map((entry) => entry.path.slice(path.length + 1))

describe.each(Object.entries(served.roots))('on %s', (_, base) => {
  const root = `${base}/change`
  const write = (name: string, content: string) => call('vfs_write', { path: `${root}/${name}`, content })
  const raw = async (name: string): Promise<string> => (await call('vfs_read', { path: `${root}/${name}`, raw: true })).text

  test('folders', async () => {
    expect((await call('vfs_mkdir', { path: `${root}/f/g` })).result).toMatchObject({ status: 'success', change: expect.any(String) })
    expect((await call('vfs_mkdir', { path: `${root}/f/g` })).result).toMatchObject({ status: 'success', change: null })
    expect((await call('vfs_rmdir', { path: `${root}/f` })).text).toMatch(/^NOT_EMPTY/)
    expect((await call('vfs_rmdir', { path: `${root}/f`, recursive: true })).result).toMatchObject({ change: expect.any(String) })
    await write('file', '')
    expect((await call('vfs_rmdir', { path: `${root}/file` })).text).toMatch(/^NOT_DIRECTORY: .* is a file. Use vfs_remove/)
    expect((await call('vfs_mkdir', { path: `${root}/file` })).text).toMatch(
      /^ALREADY_EXISTS: .* is a file. Choose another name, or remove what is there first.$/,
    )
  })

  test('copy and move, with a choice', async () => {
    await write('from/a.ts', 'a')
    await write('from/b.js', 'b')
    await call('vfs_copy', { from: `${root}/from`, to: `${root}/copy`, include: ['*.ts'] })
    expect(await names(`${root}/copy`)).toEqual(['a.ts'])
    expect((await call('vfs_copy', { from: `${root}/from/a.ts`, to: `${root}/copy/a.ts` })).text).toMatch(/^ALREADY_EXISTS: .* overwrite=true/)
    expect((await call('vfs_copy', { from: `${root}/from/b.js`, to: `${root}/copy/a.ts`, overwrite: true })).result).toMatchObject({ size: 1, bytes: 1 })
    await call('vfs_move', { from: `${root}/copy/a.ts`, to: `${root}/copy/c.ts` })
    expect(await names(`${root}/copy`)).toEqual(['c.ts'])
  })

  test('a choice among what a folder holds cannot be made of a file', async () => {
    await write('one.ts', 'a')
    for (const tool of ['vfs_copy', 'vfs_move'])
      for (const globs of [{ include: ['*.ts'] }, { exclude: ['*.ts'] }, { include: ['*.js'], exclude: [] }]) {
        const { text, result } = await call(tool, { from: `${root}/one.ts`, to: `${root}/two.ts`, ...globs })
        expect([text, result['error_code']]).toEqual([expect.stringContaining('include and exclude'), 'INVALID_ARGUMENT'])
      }
    expect(await raw('one.ts')).toBe('a')
    expect((await call('vfs_copy', { from: `${root}/one.ts`, to: `${root}/two.ts`, include: [], exclude: [] })).ok).toBe(true)
  })

  test('remove is kept, and undone by its change', async () => {
    await write('gone/a', '1')
    const { result } = await call('vfs_remove', { path: `${root}/gone`, recursive: true })
    expect(await names(root)).not.toContain('gone/a')
    const undone = await call('vfs_undo', { change: result['change'] })
    expect(undone.result).toMatchObject({ change: expect.any(String), conflicts: [], undone: [{ change: result['change'] }] })
    expect(await raw('gone/a')).toBe('1')
  })

  test('history, diff and restore', async () => {
    const first = (await write('doc.txt', 'one\ntwo\n')).result['change']
    const second = (await write('doc.txt', 'one\n2\n')).result['change']
    const { text, result } = await call('vfs_history', { path: `${root}/doc.txt` })
    expect(text.split('\n').slice(1)).toEqual([
      expect.stringMatching(new RegExp(`^${String(second)}  \\S+Z  write  8 B → 6 B  by test vfs_write in s\\w{7}$`)),
      expect.stringMatching(new RegExp(`^${String(first)}  \\S+Z  write  nothing → 8 B  by test vfs_write in s\\w{7}$`)),
    ])
    expect(result).toMatchObject({
      next_cursor: null,
      changes: [{ change: second, op: 'write', size_before: 8, size_after: 6, client: 'test', client_version: '1.0.0', tool: 'vfs_write' }, { change: first }],
    })
    const diff = '@@ -1,2 +1,2 @@\n one\n-two\n+2'
    expect((await call('vfs_diff', { path: `${root}/doc.txt`, from_version: first })).text).toBe(`${root}/doc.txt: ${String(first)} → now\n${diff}`)
    expect((await call('vfs_diff', { path: `${root}/doc.txt`, from_version: `${String(second)}^`, to_version: second })).text).toContain(diff)
    expect((await call('vfs_diff', { path: `${root}/doc.txt`, from_version: second })).result).toMatchObject({ same: true, to_version: null })
    await call('vfs_restore', { path: `${root}/doc.txt`, version: first })
    expect(await raw('doc.txt')).toBe('one\ntwo\n')
    await call('vfs_remove', { path: `${root}/doc.txt` })
    expect((await call('vfs_diff', { path: `${root}/doc.txt`, from_version: first })).text).toContain('-one\n-two')
    expect((await call('vfs_diff', { path: `${root}/doc.txt`, from_version: 'c00' })).ok).toBe(false)
  })

  test('a long history pages', async () => {
    for (let i = 0; i < 55; i++) await write('often.txt', `${i}`)
    const page = await call('vfs_history', { path: `${root}/often.txt` })
    expect(page.text).toMatch(/\[more: cursor=\S+\]$/)
    const rest = await call('vfs_history', { path: `${root}/often.txt`, cursor: page.result['next_cursor'] })
    expect(rest.result).toMatchObject({ next_cursor: null, changes: expect.toSatisfy((changes: unknown[]) => changes.length === 5) })
    expect((await call('vfs_history', { path: `${root}/none` })).text).toBe(`no changes of ${root}/none are recorded`)
  })

  test('an undo that others stand in the way of changes nothing, and says who', async () => {
    const mine = (await write('shared.txt', 'mine')).result['change']
    const theirs = (await other.call('vfs_write', { path: `${root}/shared.txt`, content: 'theirs' })).result['change']
    expect((await call('vfs_undo', { change: mine, dry_run: true })).result).toMatchObject({ change: null, conflicts: [{ path: `${root}/shared.txt` }] })
    const refused = await call('vfs_undo', { change: mine })
    expect(refused.text).toMatch(/^CONFLICT: nothing was undone: /)
    expect(refused.text).toContain(`${root}/shared.txt`)
    expect(await raw('shared.txt')).toBe('theirs')
    expect(theirs).not.toBe(mine)
  })

  test('undo by path and time', async () => {
    const since = new Date().toISOString()
    await write('timed/a', '1')
    expect((await call('vfs_undo', { path: `${root}/timed`, since })).result).toMatchObject({ conflicts: [] })
    expect((await call('vfs_stat', { path: `${root}/timed/a` })).ok).toBe(false)
  })

  test('one thing to undo', async () => {
    for (const args of [{}, { change: 'c1', session: 'current' }, { path: root }, { since: '1h' }])
      expect((await call('vfs_undo', args)).text).toMatch(/^INVALID_ARGUMENT: give one of/)
  })
})

test('all of a session', async () => {
  const client = await served.connect('third')
  await client.call('vfs_write', { path: '/scratch/session/a', content: '1' })
  await client.call('vfs_move', { from: '/scratch/session/a', to: '/scratch/session/b' })
  expect((await client.call('vfs_undo', { session: 'current' })).result).toMatchObject({ conflicts: [] })
  expect((await client.call('vfs_stat', { path: '/scratch/session/a' })).ok).toBe(false)
})

test('a session that nobody knows is refused; one of which nothing is left says so', async () => {
  const [client, idle] = [await served.connect('fourth'), await served.connect('fifth')]
  await client.call('vfs_write', { path: '/scratch/known', content: '1' })
  const { result, text } = await idle.call('vfs_history', { path: '/scratch/known' })
  const { session } = (result['changes'] as { session: string }[])[0]!
  expect(text).toContain(`by fourth vfs_write in ${session}`)
  for (const unknown of ['s0000000', session.toUpperCase(), ''])
    expect((await idle.call('vfs_undo', { session: unknown })).text).toMatch(/^NO_SESSION: .*vfs_history/s)
  expect((await idle.call('vfs_undo', { session: 'current' })).result).toMatchObject({ change: null, undone: [], note: expect.stringContaining('nothing') })
  expect((await idle.call('vfs_undo', { session, dry_run: true })).result).toMatchObject({ undone: [{ path: '/scratch/known' }] })
  expect((await idle.call('vfs_undo', { session })).result).not.toHaveProperty('note')
  for (const dry_run of [true, false])
    expect((await idle.call('vfs_undo', { session, dry_run })).result).toMatchObject({ change: null, undone: [], note: expect.stringContaining(session) })
  const nothing = await idle.call('vfs_undo', { path: '/scratch/known', since: new Date(Date.now() + 60_000).toISOString() })
  expect(nothing.result).toMatchObject({ change: null, note: expect.stringContaining('/scratch/known') })
})

test('of very many changes that an undo takes back the first are told, and how many more', async () => {
  const client = await served.connect('busy')
  await Promise.all(Array.from({ length: 103 }, (_, i) => client.call('vfs_write', { path: `/scratch/busy-${i}`, content: 'x' })))
  for (const dry_run of [true, false]) {
    const { result } = await client.call('vfs_undo', { session: 'current', dry_run })
    expect([(result['undone'] as unknown[]).length, result['undone_more'], result['conflicts']]).toEqual([100, 3, []])
  }
  expect((await client.call('vfs_stat', { path: '/scratch/busy-0' })).ok).toBe(false)
})

test('an undo of many files tells how far it is', async () => {
  const client = await served.connect('telling')
  await Promise.all(Array.from({ length: 20 }, (_, i) => client.call('vfs_write', { path: `${served.folder}/telling/${i}`, content: 'x' })))
  const copied = await client.call('vfs_copy', { from: `${served.folder}/telling`, to: '/scratch/told' })
  const heard: string[] = []
  const args = { change: copied.result['change'] }
  await client.client.callTool({ name: 'vfs_undo', arguments: args }, { onprogress: ({ message = '' }) => void heard.push(message) })
  expect(heard[0]).toBe('1 taken back')
  expect((await client.call('vfs_stat', { path: '/scratch/told' })).ok).toBe(false)
})

test('between storages', async () => {
  await call('vfs_write', { path: '/scratch/over/a', content: 'x' })
  await call('vfs_move', { from: '/scratch/over', to: `${served.folder}/over` })
  expect(await names(`${served.folder}/over`)).toEqual(['a'])
  expect((await call('vfs_stat', { path: '/scratch/over' })).ok).toBe(false)
})

test('mounts', async () => {
  expect((await call('vfs_mount', { path: '/again', backend: 'scratch', root: '/', read_only: true })).result).toMatchObject({
    path: '/again',
    type: 'memory',
    read_only: true,
    health: 'ok',
  })
  const { result } = await call('vfs_list_mounts')
  expect((result['mounts'] as { path: string }[]).map(({ path }) => path)).toEqual(
    expect.arrayContaining(['/again', '/scratch', served.folder, '/ipfs', '/mfs', '/local']),
  )
  expect((await call('vfs_mount', { path: '/again', backend: 'scratch' })).text).toMatch(/^MOUNT_EXISTS/)
  for (const backend of ['none', '__proto__', 'constructor'])
    expect((await call('vfs_mount', { path: '/b', backend })).text).toMatch(/^BACKEND_NOT_FOUND: no backend is called/)
  expect((await call('vfs_unmount', { path: '/again' })).result).toMatchObject({ path: '/again' })
  expect((await call('vfs_write', { path: '/scratch/still', content: 'there' })).ok).toBe(true)
  expect((await call('vfs_unmount', { path: '/scratch' })).text).toMatch(/^DENIED/)
})
