import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CODES } from '../../../src/core/codes.ts'
import { fromSystem } from '../../../src/content/system.ts'
import { connect } from '../../support/gateway.ts'
import { serve } from '../../support/http.ts'

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
