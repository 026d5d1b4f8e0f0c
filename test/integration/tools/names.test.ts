import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { connect } from '../../support/gateway.ts'

const config = { backends: { scratch: { type: 'memory' } }, mounts: [{ path: '/scratch', backend: 'scratch' }] }

test('a name with a line break makes no line of its own, whatever is said of it', async () => {
  await using t = await connect({ config })
  const folder = join(t.work, 'd\nFORGED 1')
  const file = join(folder, 'f\nFORGED 2')
  await mkdir(folder)
  await writeFile(file, 'one\ntwo\n')
  await writeFile(`${file}.bin`, Buffer.from([0, 1, 2]))
  const { change } = (await t.call('vfs_write', { path: file, content: 'three\n' })).result
  const { session } = ((await t.call('vfs_history', { path: file })).result['changes'] as { session: string }[])[0]!
  const calls: readonly (readonly [string, Record<string, unknown>])[] = [
    ['vfs_read', { path: file }],
    ['vfs_read', { path: file, byte_offset: 1 }],
    ['vfs_read', { path: `${file}.bin` }],
    ['vfs_read', { path: folder }],
    ['vfs_read', { path: `${file}.none` }],
    ['vfs_edit', { path: file, old_string: 'three', new_string: '3' }],
    ['vfs_ls', { path: folder }],
    ['vfs_ls', { path: t.work, depth: 2 }],
    ['vfs_find', { path: folder }],
    ['vfs_tree', { path: folder }],
    ['vfs_history', { path: file }],
    ['vfs_history', { path: folder }],
    ['vfs_history', { path: `${file}.none` }],
    ['vfs_diff', { path: file, from_version: change }],
    ['search_content', { path: folder, pattern: '3' }],
    ['vfs_rmdir', { path: folder }],
    ['vfs_mkdir', { path: file }],
    ['vfs_copy', { from: file, to: folder }],
    ['vfs_copy', { from: `${file}.none`, to: '/scratch/x' }],
    ['vfs_undo', { change, session }],
    ['vfs_undo', { change }],
    ['vfs_mount', { path: file, backend: 'none' }],
    ['mbfs_retrieve', { backend: 'scratch', key: 'f\nFORGED 3' }],
    ['ipfs_cat', { cid: `/ipfs/f\nFORGED 4` }],
    ['ipfs_files_read', { path: '/f\nFORGED 5' }],
  ]
  for (const [tool, args] of calls) {
    const { text } = await t.call(tool, args)
    expect([tool, text.split(/[\n\r\u2028\u2029]/).filter((line) => line.startsWith('FORGED'))]).toEqual([tool, []])
  }
})

test('a name that would pass for something else is listed as a JSON string', async () => {
  await using t = await connect({ config })
  const names = ['    deep', 'end ', '"quoted"', 'exe\u202Etxt', 'two\u2028lines', 'esc\u001B[2J']
  for (const name of [...names, 'plain name', 'a"b']) expect(await t.call('vfs_write', { path: `/scratch/${name}`, content: 'x' })).toMatchObject({ ok: true })
  const { text, result } = await t.call('vfs_ls', { path: '/scratch' })
  const listed = text.split('\n').slice(1)
  expect(listed.map((line) => (line.startsWith('"') ? (JSON.parse(line) as string) : line))).toEqual(
    (result['entries'] as { name: string }[]).map(({ name }) => name),
  )
  expect(listed.filter((line) => !line.startsWith('"'))).toEqual(['a"b', 'plain name'])
  expect(text).toMatch(/^[\n -~·]*$/)
})

test('nothing is mounted where a rule hides the path', async () => {
  await using t = await connect({ config: { ...config, deny: ['.env'] } })
  for (const path of [join(t.work, '.env'), '/scratch/.env/below'])
    expect(await t.call('vfs_mount', { path, backend: 'scratch' })).toMatchObject({ ok: false, result: { error_code: 'DENIED' } })
  expect(await t.call('vfs_write', { path: '/scratch/f', content: 'x' })).toMatchObject({ ok: true })
})

describe('a name that begins with a byte order mark', () => {
  const named = { '\uFEFF': 'alone', '\uFEFFa': 'marked', a: 'plain' }

  test('keeps it in IPFS, beside the same name without', async () => {
    await using t = await connect({ config })
    for (const base of ['/mfs/d', join(t.work, 'd')])
      for (const [name, content] of Object.entries(named)) expect(await t.call('vfs_write', { path: `${base}/${name}`, content })).toMatchObject({ ok: true })
    const { cid } = (await t.call('ipfs_add', { from: join(t.work, 'd') })).result
    expect((await t.call('vfs_stat', { path: '/mfs/d' })).result).toMatchObject({ cid })
    await t.call('vfs_copy', { from: `/ipfs/${String(cid)}`, to: '/scratch/d' })
    for (const base of ['/mfs/d', `/ipfs/${String(cid)}`, '/scratch/d'])
      for (const [name, content] of Object.entries(named))
        expect([name, (await t.call('vfs_read', { path: `${base}/${name}`, raw: true })).text]).toEqual([name, content])
  })
})
