import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { fromSystem } from '../../../src/core/system.ts'
import { CODES } from '../../../src/core/codes.ts'
import { VfsError } from '../../../src/core/error.ts'
import { forward } from '../../../src/layers/forward.ts'
import type { Services } from '../../../src/registry/services.ts'
import { ChangeTools } from '../../../tools/vfs/change.tools.ts'
import { connectTo } from '../../support/client.ts'
import { connect } from '../../support/gateway.ts'
import { serve } from '../../support/http.ts'
import { Sticky } from '../../support/sticky.ts'
import { partsOf, registryOf } from '../../support/toolset.ts'
import { openTestVfs, type TestVfs } from '../../support/vfs.ts'

const textOf = async (folder: string): Promise<string> => {
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts') && !name.endsWith('codes.ts'))
  return (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('\n')
}

test('every code is given somewhere, and every code is tested somewhere', async () => {
  const [sources, tests] = [(await Promise.all(['src', 'backends', 'tools'].map(textOf))).join('\n'), await textOf('test')]
  const own = await readFile(new URL(import.meta.url), 'utf8')
  const missing = Object.keys(CODES).filter((code) => !sources.includes(`'${code}'`) || !(tests + own).includes(`'${code}'`))
  expect(missing).toEqual([])
  expect(Object.keys(CODES).length).toBeGreaterThan(50)
})

describe('what a client is told', () => {
  const tiny = { backends: { tiny: { type: 'memory', options: { max_bytes: 10 } } }, mounts: [{ path: '/tiny', backend: 'tiny' }] }

  test.each([
    ['vfs_mount', { path: '/x', backend: 'nobody' }, 'BACKEND_NOT_FOUND'],
    ['vfs_write', { path: '/tiny/f', content: 'x'.repeat(11) }, 'QUOTA_EXCEEDED'],
    ['vfs_ls', { path: '/tiny', cursor: 'nonsense' }, 'INVALID_CURSOR'],
    ['vfs_find', { path: '/tiny', cursor: 'nonsense' }, 'INVALID_CURSOR'],
    ['search_content', { path: '/tiny', pattern: 'x', cursor: 'nonsense' }, 'INVALID_CURSOR'],
    ['vfs_unmount', { path: '/nowhere' }, 'MOUNT_NOT_FOUND'],
    ['ipfs_cat', { cid: 'bafyqaana' }, 'NOT_UNIXFS'],
  ])('%s %j: %s, and what to do', async (tool, args, code) => {
    await using session = await connect({ config: tiny })
    const { ok, result, text } = await session.call(tool, args)
    expect([ok, result['error_code']]).toEqual([false, code])
    expect(text).toContain(code)
    expect(result['context']).toMatchObject({ hint: expect.any(String) })
    expect(session.logged).toEqual([])
  })
})

describe('what a client is told of a storage that', () => {
  const told = async (t: TestVfs, tool: string, args: Record<string, unknown>): Promise<unknown> => {
    const services: Partial<Services> = { vfs: t.vfs }
    await using session = await connectTo(partsOf(await registryOf({ classes: { ChangeTools }, services: services as Services }), t.events))
    const { ok, text, result } = await session.call(tool, args)
    return { ok, text, ...result }
  }
  const answer = (error_code: string) => ({ ok: false, error_code, text: expect.stringContaining(`${error_code}: `), context: { hint: expect.any(String) } })

  test('cannot keep what is removed', async () => {
    const memory = new MemoryBackend()
    const trashless = forward(memory, { capabilities: { ...memory.capabilities, trash: false }, trash: undefined })
    await using t = await openTestVfs({ '/m': trashless })
    await t.write('/m/f', 'x')
    expect(await told(t, 'vfs_remove', { path: '/m/f' })).toMatchObject(answer('NOT_UNDOABLE'))
    expect(await t.text('/m/f')).toBe('x')
  })

  test('takes half of a folder and gives nothing back', async () => {
    const sticky = new Sticky()
    const failing = forward(sticky, {
      write: (path, ...rest) => (path.endsWith('/bad') ? Promise.reject(new VfsError('IO_ERROR', 'a bad sector')) : sticky.write(path, ...rest)),
    })
    await using t = await openTestVfs({ '/x': {}, '/y': failing })
    for (const name of ['a', 'bad']) await t.write(`/x/src/${name}`, name, { parents: true })
    const answered = await told(t, 'vfs_copy', { from: '/x/src', to: '/y/dst', recursive: true })
    expect(answered).toMatchObject(answer('PARTIAL'))
    expect(answered).toMatchObject({ context: { change: expect.any(String) } })
  })
})

test('a kept content that a program outside has changed is not shown as the version that it was', async () => {
  await using session = await connect({ files: { f: Buffer.alloc(17 << 20, 'old') } })
  const path = `${session.work}/f`
  const { change } = (await session.call('vfs_write', { path, content: 'new' })).result
  await writeFile(join(session.work, '../data/trash', String(change)), 'something else')
  const { ok, result } = await session.call('vfs_diff', { path, from_version: `${String(change)}^` })
  expect({ ok, ...result }).toMatchObject({ ok: false, error_code: 'VERSION_CHANGED', context: { hint: expect.any(String) } })
})

test('a file too large for one resource is refused with another way to read it', async () => {
  await using session = await connect({ files: { large: Buffer.alloc(2 << 20, 'x') } })
  const uri = `polymount://${session.work}/large`
  await expect(session.client.readResource({ uri })).rejects.toMatchObject({ data: { error_code: 'FILE_TOO_LARGE' } })
})

test('the doors name the reason of a refusal', async () => {
  await using session = await connect()
  await using server = await serve(session.gateway.mcp(), { token: 'secret' })
  const refused = async (headers: Record<string, string>): Promise<unknown> => (await fetch(`${server.url}/mcp`, { method: 'POST', headers })).json()
  expect(await refused({})).toMatchObject({ error: { data: { error_code: 'UNAUTHORIZED' } } })
  expect(await refused({ origin: 'https://evil.example' })).toMatchObject({ error: { data: { error_code: 'FORBIDDEN_ORIGIN' } } })
})

test('too many open files is a matter of time', () => {
  expect(fromSystem(Object.assign(new Error('no descriptors'), { code: 'EMFILE' }))).toMatchObject({ code: 'RATE_LIMITED', retryable: true })
})
