import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { beforeEach, describe, expect, test } from 'vitest'
import { findKubo } from '../../../scripts/servers/find.ts'
import { command, runHere as run } from '../../support/io.ts'
import { needsKubo } from '../../support/kubo.ts'
import { emptyPlace } from '../../support/program.ts'

describe('polymount', () => {
  test('--version and --help', async () => {
    await using place = await emptyPlace()
    expect(await run(place, ['--version'])).toMatchObject({ code: 0, stdout: `${JSON.parse(await readFile('package.json', 'utf8')).version}\n`, stderr: '' })
    expect(await run(place, ['call', '--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Exit codes') })
  })

  test.each([
    [['--readonly'], 'did you mean --read-only?'],
    [['docter'], 'Did you mean the command doctor?'],
    [['none'], 'none cannot be served (ENOENT)'],
    [['--config', 'none.json'], 'cannot be read (ENOENT)'],
    [['--toolsets', 'cor'], 'did you mean "core"?'],
    [['--engine', 'embeded'], 'ipfs.engine'],
    [['--http', '0.0.0.0:0'], 'INSECURE_BIND'],
    [['call', 'vfs_ls', '{}', '--deny', '['], 'CONFIG_INVALID: deny: glob "["'],
    [['tools', 'vfs_ls'], 'tools takes no arguments'],
    [['backends', 'list', '--upload'], 'backends list does not take --upload; backends link does'],
    [['ipfs', 'keys', '--to', 'kubo'], 'ipfs keys does not take --to; ipfs migrate does'],
    [['ipfs', 'constructor'], 'ipfs takes one of: keys, migrate'],
    [['call'], 'call takes the name of a tool'],
    [['call', 'vfs_ls', '[]'], 'must be a JSON object'],
    [['call', 'vfs_ls', '{'], 'are not JSON'],
  ])('%j is refused with exit code 2 and one line of what to do', async (args, said) => {
    await using place = await emptyPlace()
    const { code, stdout, stderr } = await run(place, args)
    expect(stderr).toContain(said)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })
})

describe('polymount call', () => {
  test('prints the result of a tool', async () => {
    await using place = await emptyPlace()
    await writeFile(join(place.work, 'a.txt'), 'one\ntwo\n')
    const { code, stdout } = await run(place, ['call', 'vfs_stat', JSON.stringify({ path: join(place.work, 'a.txt') }), '--dir', place.work])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'success', kind: 'file', size: 8 })
  })

  test('prints what a text-first tool says under content, and alone with --raw', async () => {
    await using place = await emptyPlace()
    await writeFile(join(place.work, 'a.txt'), 'one\ntwo\n')
    const args = ['call', 'vfs_read', '-', '--dir', '.']
    const path = join(place.work, 'a.txt')
    const { stdout } = await run(place, args, { input: JSON.stringify({ path, raw: true }) })
    expect(JSON.parse(stdout)).toMatchObject({ status: 'success', content: [{ type: 'text', text: expect.stringContaining('one\ntwo') }] })
    expect(await run(place, [...args, '--raw'], { input: JSON.stringify({ path }) })).toMatchObject({ code: 0, stdout: 'one\ntwo\n' })
    expect((await run(place, [...args, '--raw'], { input: JSON.stringify({ path, raw: false }) })).stdout).toContain('1\tone')
  })

  test('--raw gives bytes that are no text, an image, and fields alone', async () => {
    await using place = await emptyPlace()
    await writeFile(join(place.work, 'bytes'), Buffer.from([0, 255, 254]))
    await writeFile(join(place.work, 'dot.gif'), Buffer.from('R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==', 'base64'))
    const raw = (args: object, tool = 'vfs_read') => run(place, ['call', tool, JSON.stringify(args), '--dir', place.work, '--raw'])
    expect((await raw({ path: join(place.work, 'bytes'), byte_offset: 0 })).stdout).toBe(Buffer.from([0, 255, 254]).toString())
    expect((await raw({ path: join(place.work, 'dot.gif') })).stdout).toMatch(/^GIF89a/)
    expect(JSON.parse((await raw({ path: place.work }, 'vfs_stat')).stdout)).toMatchObject({ kind: 'directory' })
  })

  test('--raw gives the whole of what comes in pieces, as it is', async () => {
    await using place = await emptyPlace()
    const lines = Array.from({ length: 9000 }, (_, i) => `${i}: ${'€'.repeat(i % 7)}\r\n`)
    const [text, wide] = ['\uFEFF' + lines.join(''), `${'w'.repeat(3_000_000)}\n`]
    for (const [name, content] of Object.entries({ text, wide, latin: Buffer.from('\xe9\n', 'latin1'), zeros: Buffer.alloc(2_500_000) }))
      await writeFile(join(place.work, name), content)
    const raw = (name: string, more: object = {}) => {
      const args = JSON.stringify({ path: join(place.work, name), ...more })
      return run(place, ['call', 'vfs_read', args, '--dir', place.work, '--raw'])
    }
    for (const name of ['text', 'wide', 'latin', 'zeros']) {
      const args = ['call', 'vfs_read', JSON.stringify({ path: join(place.work, name) }), '--dir', place.work, '--raw']
      const { stdout, code } = command(place, args)
      const out = buffer(stdout)
      expect(await code).toBe(0)
      stdout.end()
      expect((await out).equals(await readFile(join(place.work, name)))).toBe(true)
    }
    const part = { code: 0, stderr: '' }
    expect(await raw('text', { offset: 3 })).toEqual({ ...part, stdout: lines.slice(2).join('') })
    expect(await raw('text', { offset: 2, limit: 5000 })).toEqual({ ...part, stdout: lines.slice(1, 5001).join('') })
    expect(await raw('text', { offset: -8000 })).toEqual({ ...part, stdout: lines.slice(1000).join('') })
    expect(await raw('text', { offset: -8000, limit: 7000 })).toEqual({ ...part, stdout: lines.slice(1000, 8000).join('') })
    expect(await raw('wide', { byte_offset: 1_000_000 })).toEqual({ ...part, stdout: wide.slice(1_000_000) })
    expect(await raw('wide', { byte_offset: 5, byte_length: 7 })).toEqual({ ...part, stdout: 'wwwwwww' })
    expect(await raw('wide', { offset: 1 })).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining('too long') })
    expect(await raw('none')).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining('NOT_FOUND') })
    const cid = (await run(place, ['call', 'ipfs_add', JSON.stringify({ from: join(place.work, 'zeros') }), '--dir', place.work, '--raw'])).stdout
    const cat = await run(place, ['call', 'ipfs_cat', JSON.stringify({ cid: (JSON.parse(cid) as { cid: string }).cid }), '--raw'])
    expect([cat.stdout.length, cat.code]).toEqual([2_500_000, 0])
  })

  test('answers a tool error with exit code 1', async () => {
    await using place = await emptyPlace()
    const { code, stdout } = await run(place, ['call', 'vfs_stat', '{"path":"/local/none"}'])
    expect(JSON.parse(stdout)).toMatchObject({ status: 'error', error_code: 'NOT_FOUND' })
    expect(code).toBe(1)
    expect((await run(place, ['call', 'vfs_stta', '{}'])).stdout).toContain('did you mean vfs_stat?')
  })

  test('reaches every tool, unless some are chosen', async () => {
    await using place = await emptyPlace()
    const code = async (...flags: string[]): Promise<unknown> =>
      (JSON.parse((await run(place, ['call', 'vfs_tree', '{"path":"/local"}', ...flags])).stdout) as { error_code?: string }).error_code
    expect([await code(), await code('--toolsets', 'core,vfs'), await code('--tools', 'vfs_tree')]).toEqual([undefined, undefined, undefined])
    expect([await code('--toolsets', 'core'), await code('--exclude-tools', 'vfs_tree')]).toEqual(['UNKNOWN_TOOL', 'UNKNOWN_TOOL'])
  })

  test('changes are journaled, and undone by another process', async () => {
    await using place = await emptyPlace()
    const written = await run(place, ['call', 'vfs_write', '{"path":"/local/a","content":"x"}'])
    const { change } = JSON.parse(written.stdout) as { change: string }
    const undone = await run(place, ['call', 'vfs_undo', JSON.stringify({ change })])
    expect(undone.code).toBe(0)
    expect((await run(place, ['call', 'vfs_stat', '{"path":"/local/a"}'])).code).toBe(1)
  })

  test('holds to --read-only, :ro and --deny', async () => {
    await using place = await emptyPlace()
    await writeFile(join(place.work, 'a.key'), 'secret')
    const write = JSON.stringify({ path: join(place.work, 'new'), content: 'x' })
    for (const flags of [
      ['--read-only', '--dir', place.work],
      ['--dir', `${place.work}:ro`],
    ])
      expect(JSON.parse((await run(place, ['call', 'vfs_write', write, ...flags])).stdout)).toMatchObject({ error_code: 'READ_ONLY' })
    const read = JSON.stringify({ path: join(place.work, 'a.key') })
    const denied = await run(place, ['call', 'vfs_read', read, '--dir', place.work, '--deny', '*.key'])
    expect(JSON.parse(denied.stdout)).toMatchObject({ error_code: 'DENIED' })
    expect(denied.stdout).not.toContain('secret')
  })
})

test('polymount tools lists every tool, or those that are chosen', async () => {
  await using place = await emptyPlace()
  const { code, stdout } = await run(place, ['tools', '--json'])
  const all = JSON.parse(stdout) as { name: string; toolset: string; effect: string; tokens: number; inputSchema: object }[]
  expect(code).toBe(0)
  expect(all.find(({ name }) => name === 'vfs_read')).toMatchObject({
    toolset: 'vfs',
    effect: 'read',
    tokens: expect.any(Number),
    inputSchema: { type: 'object' },
  })
  const table = (await run(place, ['tools', '--tools', 'vfs_read', '--toolsets', 'core', '--exclude-tools', 'vfs_ls'])).stdout
  expect(table).toMatch(/^TOOL +TOOLSET/)
  expect(table).toContain('vfs_read')
  expect(table).not.toContain('vfs_ls ')
})

describe('polymount config', () => {
  test('shows each value and where it came from, and no secret', async () => {
    await using place = await emptyPlace()
    await mkdir(join(place.home, '.config/polymount'), { recursive: true })
    const file = join(place.home, '.config/polymount/polymount.json')
    await writeFile(file, JSON.stringify({ http: { token: 'env:POLYMOUNT_MY_TOKEN' }, toolsets: ['all'] }))
    const env = { POLYMOUNT_MY_TOKEN: 'hunter2', POLYMOUNT_IPFS_NETWORK: 'off' }
    const { stdout, stderr } = await run(place, ['config', '--json', '--deny', '*.key'], { env })
    expect(JSON.parse(stdout)).toEqual(
      expect.arrayContaining([
        { key: 'deny', value: ['*.key'], origin: 'flag --deny', variable: 'POLYMOUNT_DENY' },
        { key: 'ipfs.network', value: 'off', origin: 'variable POLYMOUNT_IPFS_NETWORK', variable: 'POLYMOUNT_IPFS_NETWORK' },
        { key: 'toolsets', value: ['all'], origin: `file ${file}`, variable: 'POLYMOUNT_TOOLSETS' },
        { key: 'http.token', value: 'env:POLYMOUNT_MY_TOKEN', origin: `file ${file}`, variable: 'POLYMOUNT_HTTP_TOKEN' },
        { key: 'data_dir', value: join(place.home, '.local/share/polymount'), origin: 'default', variable: 'POLYMOUNT_DATA_DIR' },
      ]),
    )
    expect((await run(place, ['config'], { env })).stdout).toMatch(/^http\.port +4280 +default$/m)
    expect(stdout + stderr).not.toContain('hunter2')
  })

  test('a flag that is repeated adds to a list, and otherwise the last one counts', async () => {
    await using place = await emptyPlace()
    const { stdout } = await run(place, ['config', '--deny', 'a', '--deny', 'b', '--data-dir', '/x', '--data-dir', '/y'])
    expect(stdout).toMatch(/^deny +\["a","b"\] +flag --deny$/m)
    expect(stdout).toMatch(/^data_dir +"\/y" +flag --data-dir$/m)
  })

  test('makes nothing', async () => {
    await using place = await emptyPlace()
    await run(place, ['config'])
    await expect(stat(join(place.home, '.local'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('polymount gc', () => {
  test('frees what is not pinned, tells what it kept, and with --dry-run only tells', async () => {
    await using place = await emptyPlace()
    const add = async (content: string, pin: boolean): Promise<string> => {
      const { stdout } = await run(place, ['call', 'ipfs_add', JSON.stringify({ content, pin })])
      return (JSON.parse(stdout) as { cid: string }).cid
    }
    const [pinned, loose] = [await add('pinned', true), await add('loose!!', false)]
    const expected = { freed: { blocks: 1, bytes: 7 }, kept: { pin: { blocks: 1, bytes: 6 }, recent: { blocks: 0 } } }
    const foreseen = await run(place, ['gc', '--dry-run', '--json'])
    expect(JSON.parse(foreseen.stdout)).toMatchObject({ dry_run: true, ...expected })
    const { code, stdout, stderr } = await run(place, ['gc'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^freed +1 blocks +7 B\nkept by pins +1 blocks +6 B\n/)
    expect((await run(place, ['call', 'ipfs_cat', JSON.stringify({ cid: pinned }), '--raw'])).stdout).toContain('pinned')
    expect(await run(place, ['call', 'ipfs_cat', JSON.stringify({ cid: loose })])).toMatchObject({ code: 1 })
    expect(await run(place, ['gc', 'now'])).toMatchObject({ code: 2 })
  })

  test('lets go what older changes replaced if it is told to, and with --dry-run only tells', async () => {
    await using place = await emptyPlace()
    const file = { path: join(place.work, 'f') }
    const here = ['--dir', place.work]
    await run(place, ['call', 'vfs_write', JSON.stringify({ ...file, content: 'gone' }), ...here])
    const { stdout: removed } = await run(place, ['call', 'vfs_remove', JSON.stringify(file), ...here])
    const undo = ['call', 'vfs_undo', JSON.stringify({ change: (JSON.parse(removed) as { change: string }).change }), ...here]
    const given = async (...args: readonly string[]): Promise<unknown> => JSON.parse((await run(place, ['gc', '--json', ...args])).stdout).let_go
    expect(await given('--keep-within', '0s')).toEqual({ changes: 0, bytes: 0, unreachable: 1 })
    expect(await given('--keep-within', '1d', ...here)).toEqual({ changes: 0, bytes: 0, unreachable: 0 })
    expect((await run(place, ['gc', '--keep-within', '0s', '--dry-run', ...here])).stdout).toMatch(/^would be let go +1 changes +4 B\nwould be freed /)
    expect(await run(place, undo)).toMatchObject({ code: 0 })
    await run(place, ['call', 'vfs_remove', JSON.stringify(file), ...here])
    expect((await run(place, ['gc', '--keep-within', '0s', ...here])).stdout).toMatch(/^let go +2 changes +4 B\nfreed /)
    expect(await run(place, ['gc', '--keep-within', 'long'])).toMatchObject({ code: 2, stderr: expect.stringContaining('90d') })
  })
})

describe('polymount doctor', () => {
  test('finds all in order on an empty machine', async () => {
    await using place = await emptyPlace()
    const { code, stdout } = await run(place, ['doctor', '--json', '--dir', place.work])
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: { check: string; status: string }[] }
    expect({ ok, code }).toEqual({ ok: true, code: 0 })
    const own = findings.filter(({ check }) => check !== 'note') // of a daemon that this machine may have
    expect(own.map(({ check, status }) => [check, status])).toEqual(
      ['program', 'configuration', 'data folder', 'journal', 'ipfs', 'mount /local', 'mount /ipfs', 'mount /mfs', `mount ${place.work}`, 'tools'].map(
        (check) => [check, 'ok'],
      ),
    )
  })

  test('says what to do about what is not', async () => {
    await using place = await emptyPlace()
    await writeFile(join(place.home, 'token'), 'x')
    await chmod(join(place.home, 'token'), 0o644)
    const file = join(place.home, 'polymount.json')
    const settings = {
      http: { token: `file:${place.home}/token` },
      secrets: { gone: { from: 'env:GONE', for: ['https://example.org'] } },
      backends: { away: { type: 'local', options: { root: join(place.home, 'away') } } },
      mounts: [{ path: '/away', backend: 'away' }],
    }
    await writeFile(file, JSON.stringify(settings))
    const { code, stdout } = await run(place, ['doctor', '--config', file])
    expect(code).toBe(1)
    expect(stdout).toContain('FAILED  secret env:GONE: SECRET_MISSING')
    expect(stdout).toContain(`→ chmod 600 ${place.home}/token`)
    expect(stdout).toContain('FAILED  mount /away: UNAVAILABLE')
    expect(stdout).toContain('ok      mount /local')
  })

  test('looks as far as it can', async () => {
    await using place = await emptyPlace()
    await writeFile(join(place.home, 'polymount.json'), '{"htpp":{}}')
    expect(await run(place, ['doctor', '--config', join(place.home, 'polymount.json')])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('CONFIG_UNKNOWN_KEY'),
    })
    await mkdir(join(place.home, 'open'), { mode: 0o777 })
    await chmod(join(place.home, 'open'), 0o777)
    expect(await run(place, ['doctor', '--data-dir', join(place.home, 'open')])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('FAILED  start: DATA_FOLDER_UNSAFE'),
    })
  })
})

describe('polymount ipfs keys', () => {
  test('lists the keys that names are signed with, and makes one', async () => {
    await using place = await emptyPlace()
    const made = await run(place, ['ipfs', 'keys', 'make', 'site'])
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^KEY +NAME\nsite +\/ipns\/k51\w+\n$/) })
    const { stdout } = await run(place, ['ipfs', 'keys', '--json'])
    expect(JSON.parse(stdout)).toMatchObject([{ name: 'self' }, { name: 'site', id: expect.stringMatching(/^k51/) }])
    expect(await run(place, ['ipfs', 'keys', 'make', 'site'])).toMatchObject({ code: 1, stderr: expect.stringContaining('ALREADY_EXISTS') })
  })

  test.each([[['ipfs']], [['ipfs', 'key']], [['ipfs', 'keys', 'make']], [['ipfs', 'keys', 'site']]])('%j is refused', async (args) => {
    await using place = await emptyPlace()
    expect(await run(place, args)).toMatchObject({ code: 2, stderr: expect.stringMatching(/ipfs (takes one of: .*keys|keys takes nothing, or: make NAME)/) })
  })
})

describe('polymount ipfs migrate', () => {
  test.each([[[]], [['--to', 'ipfs']], [['--to', 'kubo', 'x']]])('%j is refused', async (args) => {
    await using place = await emptyPlace()
    expect(await run(place, ['ipfs', 'migrate', ...args])).toMatchObject({ code: 2, stderr: expect.stringContaining('--to kubo or --to embedded') })
  })

  describe('to a Kubo that it starts', () => {
    beforeEach(needsKubo)

    test('carries everything over, and tells what to set', async () => {
      await using place = await emptyPlace()
      const env = { KUBO_BINARY: await findKubo(), POLYMOUNT_IPFS_NETWORK: 'off' }
      const added = await run(place, ['call', 'ipfs_add', JSON.stringify({ content: 'x', name: 'kept', to_mfs: '/x' })], { env })
      const { code, stdout } = await run(place, ['ipfs', 'migrate', '--to', 'kubo'], { env })
      expect({ code, stdout }).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/pins +1 carried[^]*root of \/mfs is the same[^]*set ipfs.engine to kubo/),
      })
      const there = await run(place, ['call', 'vfs_stat', '{"path":"/mfs/x"}', '--engine', 'kubo'], { env })
      expect(JSON.parse(there.stdout)).toMatchObject({ cid: JSON.parse(added.stdout).cid })
    })
  })
})
