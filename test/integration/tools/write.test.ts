import { readFile, truncate, writeFile } from 'node:fs/promises'
import { afterAll, describe, expect, test } from 'vitest'
import type { Answer } from '../../support/client.ts'
import { serveEverything, type Served } from '../../support/everything.ts'

const served: Served = await serveEverything({ mounts: [{ path: '/scratch', backend: 'scratch' }, { path: '/fixed', backend: 'scratch', read_only: true }] }) // prettier-ignore
const other = await served.connect('other')
const call: Served['connected']['call'] = (tool, args) => served.connected.call(tool, args)
afterAll(() => served[Symbol.asyncDispose]())

describe.each(Object.entries(served.roots))('on %s', (_, root) => {
  const at = (name: string): string => `${root}/write/${name}`
  const write = (name: string, content: string, args: Record<string, unknown> = {}): Promise<Answer> => call('vfs_write', { path: at(name), content, ...args })
  const raw = async (name: string): Promise<string> => (await call('vfs_read', { path: at(name), raw: true })).text

  test('content as text, as base64, and from another file', async () => {
    expect((await write('a.txt', 'hello\n')).result).toMatchObject({
      status: 'success',
      size: 6,
      bytes: 6,
      change: expect.any(String),
      etag: expect.any(String),
    })
    await call('vfs_write', { path: at('b.bin'), content_base64: Buffer.from([0, 1, 255]).toString('base64') })
    expect((await call('vfs_write', { path: at('c.bin'), from: at('b.bin') })).result).toMatchObject({ size: 3 })
    expect((await call('vfs_read', { path: at('c.bin'), byte_offset: 0 })).result).toMatchObject({ content_base64: 'AAH/' })
  })

  test('half a character is refused, and no other one written in its place', async () => {
    expect((await write('half.txt', 'a \ud83d b')).text).toMatch(/^INVALID_INPUT: content: holds half a character/)
    expect((await call('vfs_stat', { path: at('half.txt') })).ok).toBe(false)
  })

  test('exactly one content', async () => {
    expect((await call('vfs_write', { path: at('x') })).text).toMatch(/^INVALID_ARGUMENT: give exactly one of content, content_base64 and from/)
    expect((await write('x', '', { from: at('a.txt') })).ok).toBe(false)
    expect((await write('empty', '')).result).toMatchObject({ size: 0 })
  })

  test('append, and only where nothing stands', async () => {
    await write('log', 'a\n')
    await write('log', 'b\n', { append: true })
    expect(await raw('log')).toBe('a\nb\n')
    expect((await write('log', 'x', { if_none_match: '*' })).text).toMatch(/^CONFLICT: \S+ exists, and if_none_match asks that nothing does/)
    expect((await write('no/parents', 'x', { create_parents: false })).text).toBe(
      `NOT_FOUND: the folder ${at('no')} does not exist. Make it first, or leave it to this call to make what is missing on the way.`,
    )
  })

  test('an edit shows its diff and how to undo it', async () => {
    await write('edit.txt', 'one\r\ntwo\r\nthree\r\n')
    const { text, result } = await call('vfs_edit', { path: at('edit.txt'), old_string: 'one\ntwo', new_string: 'uno\ndos' })
    const change = String(result['change'])
    expect(text.replaceAll(/etag \S+/g, 'etag E')).toBe(
      `${at('edit.txt')} edited · 17 B · etag E · change ${change} (undo: vfs_undo change=${change})\nThe text was found after forgiving line endings.\n@@ -1,3 +1,3 @@\n-one\n-two\n+uno\n+dos\n three`,
    )
    expect(result).toMatchObject({ status: 'success', replaced: 1, forgiven: ['line endings'], size: 17 })
    expect(await raw('edit.txt')).toBe('uno\r\ndos\r\nthree\r\n')
    await call('vfs_undo', { change })
    expect(await raw('edit.txt')).toBe('one\r\ntwo\r\nthree\r\n')
  })

  test('several edits, all or none', async () => {
    await write('several.txt', 'a\nb\nb\n')
    const edits = [{ old_string: 'a', new_string: 'A' }, { old_string: 'b', new_string: 'B', replace_all: true }] // prettier-ignore
    const { text, result } = await call('vfs_edit', { path: at('several.txt'), edits })
    expect(result).toMatchObject({ replaced: 3 })
    expect(text).toContain('edited in 3 places')
    expect((await call('vfs_edit', { path: at('several.txt'), edits: [{ old_string: 'A', new_string: 'x' }, { old_string: 'none', new_string: 'y' }] })).text).toMatch(/^NO_MATCH: edits\[1\]/) // prettier-ignore
    expect(await raw('several.txt')).toBe('A\nB\nB\n')
  })

  test('one way to tell the edit', async () => {
    await write('way.txt', 'a')
    for (const args of [
      {},
      { old_string: 'a' },
      { new_string: 'a' },
      { old_string: 'a', new_string: 'b', edits: [{ old_string: 'a', new_string: 'b' }] },
      { old_string: 'a', edits: [{ old_string: 'a', new_string: 'b' }] },
    ])
      expect((await call('vfs_edit', { path: at('way.txt'), ...args })).text).toMatch(/^INVALID_ARGUMENT: give either/)
  })

  test('what fails says what to do', async () => {
    await write('fail.txt', '\tindented\nx\nx\n')
    expect((await call('vfs_edit', { path: at('fail.txt'), old_string: '  indented', new_string: 'y' })).text).toContain('copy these exactly:\n\tindented')
    expect((await call('vfs_edit', { path: at('fail.txt'), old_string: 'x', new_string: 'y' })).text).toContain('at lines 2, 3')
    expect((await call('vfs_edit', { path: at('none.txt'), old_string: 'x', new_string: 'y' })).text).toMatch(/^NOT_FOUND/)
    expect((await call('vfs_edit', { path: root, old_string: 'x', new_string: 'y' })).text).toMatch(/^IS_DIRECTORY/)
  })

  test('what another client changed since this one read it is not edited', async () => {
    await write('race.txt', 'a\nb\n')
    await call('vfs_read', { path: at('race.txt') })
    await other.call('vfs_write', { path: at('race.txt'), content: 'a\nB\n' })
    const edit = { path: at('race.txt'), old_string: 'a', new_string: 'A' }
    expect((await call('vfs_edit', edit)).text).toMatch(/^CONFLICT/)
    expect((await call('vfs_edit', edit)).text).toMatch(/^CONFLICT/) // trying was no reading
    expect((await call('vfs_edit', { ...edit, if_match: '*' })).ok).toBe(true)
    expect(await raw('race.txt')).toBe('A\nB\n')
  })

  test('if_match', async () => {
    const { result } = await write('match.txt', 'a')
    expect((await call('vfs_edit', { path: at('match.txt'), old_string: 'a', new_string: 'b', if_match: 'k3x9' })).text).toMatch(/^CONFLICT/)
    expect((await call('vfs_edit', { path: at('match.txt'), old_string: 'a', new_string: 'b', if_match: result['etag'] })).ok).toBe(true)
    for (const if_match of ['*', 'k3x9'])
      expect((await write('missing.txt', 'a', { if_match })).text).toMatch(/^CONFLICT: \S+ does not exist, and if_match asks .* Leave if_match out to make it/)
    expect((await call('vfs_move', { from: at('match.txt'), to: at('moved.txt'), if_match: 'k3x9' })).text).toMatch(/expected etag k3x9 but found /)
  })
})

test('what a program outside changed since is not edited', async () => {
  const path = `${served.folder}/outside.txt`
  await writeFile(path, 'a\n')
  await call('vfs_read', { path })
  await writeFile(path, 'a\nmore\n')
  expect((await call('vfs_edit', { path, old_string: 'a', new_string: 'b' })).text).toMatch(/^CONFLICT/)
  expect(await readFile(path, 'utf8')).toBe('a\nmore\n')
})

test('a read-only place is said before anything else', async () => {
  await call('vfs_write', { path: '/scratch/ro.txt', content: 'a' })
  expect((await call('vfs_edit', { path: '/fixed/ro.txt', old_string: 'zzz', new_string: 'b' })).text).toMatch(/^READ_ONLY/)
})

test('what is too large to edit is said before it is read', async () => {
  const path = `${served.folder}/huge.txt`
  await writeFile(path, 'a')
  await truncate(path, 65 * 1024 * 1024)
  expect((await call('vfs_edit', { path, old_string: 'a', new_string: 'b' })).text).toMatch(/^FILE_TOO_LARGE: .* has 65 MB, and an edit takes at most 64 MB/)
})
