import { expect, test } from 'vitest'
import type { Answer } from '../../support/client.ts'
import { onEngines } from '../../support/on-engines.ts'

const EMPTY = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'
const EMPTY_V0 = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'

interface Files {
  call(this: void, tool: string, args?: Record<string, unknown>): Promise<Answer>
  /** The content of a file of MFS. */
  read(this: void, path: string): Promise<string>
  readonly work: string
}

onEngines('the tools of the mutable tree', (connect) => {
  async function withFiles(run: (files: Files) => Promise<void>): Promise<void> {
    await using gateway = await connect({ files: { f: 'from disk' } })
    const call = (tool: string, args?: Record<string, unknown>): Promise<Answer> => gateway.call(tool, args)
    const read = async (path: string): Promise<string> => {
      const { content, content_base64: base64 } = (await call('ipfs_files_read', { path })).result
      return typeof content === 'string' ? content : Buffer.from(String(base64), 'base64').toString()
    }
    await run({ call, read, work: gateway.work })
    expect(gateway.logged).toEqual([])
  }

  test('a tree is made, listed page by page, read and removed', async () => {
    await withFiles(async ({ call, read, work }) => {
      expect((await call('ipfs_files_mkdir', { path: '/docs/old', parents: true })).result).toMatchObject({ path: '/mfs/docs/old', cid: EMPTY })
      expect((await call('ipfs_files_write', { path: 'docs/a', content: 'one' })).result).toMatchObject({ path: '/mfs/docs/a', size: 3, bytes: 3 })
      await call('ipfs_files_write', { path: '/mfs/docs/b', from: `${work}/f` })
      const first = await call('ipfs_files_ls', { path: '/docs', limit: 2 })
      expect(first.result).toMatchObject({ entries: [{ name: 'a', kind: 'file' }, { name: 'b' }] })
      const rest = await call('ipfs_files_ls', { path: '/docs', limit: 2, cursor: first.result['next_cursor'] })
      expect(rest.result).toMatchObject({ entries: [{ name: 'old', kind: 'directory' }], next_cursor: null })
      const long = await call('ipfs_files_ls', { path: '/docs', long: true })
      expect(long.result).toMatchObject({ entries: [{ name: 'a', size: 3, cid: expect.stringMatching(/^bafkrei/) }, { size: 9 }, { cid: EMPTY }] })
      expect((await call('ipfs_files_ls')).result).toMatchObject({ path: '/mfs', entries: [{ name: 'docs' }] })
      expect(await read('/docs/b')).toBe('from disk')
      expect((await call('ipfs_files_rm', { path: '/docs' })).result).toMatchObject({ error_code: 'NOT_EMPTY' })
      expect((await call('ipfs_files_rm', { path: '/docs', recursive: true })).ok).toBe(true)
      expect((await call('ipfs_files_rm', { path: '/docs' })).result).toMatchObject({ error_code: 'NOT_FOUND' })
      expect((await call('ipfs_files_rm', { path: '/docs', force: true })).result).toMatchObject({ change: null })
      expect((await call('ipfs_files_flush')).result).toMatchObject({ cid: EMPTY })
    })
  })

  test('stat tells what the DAG says, and null what it does not', async () => {
    await withFiles(async ({ call }) => {
      await call('ipfs_files_write', { path: '/d/f', content: 'hello world', parents: true })
      expect((await call('ipfs_files_stat', { path: '/d/f' })).result).toMatchObject({
        path: '/mfs/d/f',
        cid: 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e',
        etag: expect.any(String),
        kind: 'file',
        size: 11,
        cumulative_size: 11,
        blocks: 0,
        mode: null,
        modified: null,
      })
      expect((await call('ipfs_files_stat', { path: '/d' })).result).toMatchObject({ kind: 'directory', blocks: 1, size: 11 })
    })
  })

  test('a whole file is replaced only if it is what the caller has read', async () => {
    await withFiles(async ({ call, read }) => {
      const { etag } = (await call('ipfs_files_write', { path: '/f', content: 'one' })).result
      expect((await call('ipfs_files_write', { path: '/f', content: 'two', if_match: etag })).ok).toBe(true)
      expect((await call('ipfs_files_write', { path: '/f', content: 'three', if_match: etag })).result).toMatchObject({ error_code: 'CONFLICT' })
      expect(await read('/f')).toBe('two')
    })
  })

  test('a part of a file is written in place, guarded and undone', async () => {
    await withFiles(async ({ call, read }) => {
      const first = await call('ipfs_files_write', { path: '/f', content: 'hello world' })
      const part = await call('ipfs_files_write', { path: '/f', content: 'WORLD', offset: 6, if_match: first.result['etag'] })
      expect(await read('/f')).toBe('hello WORLD')
      expect((await call('ipfs_files_write', { path: '/f', content: 'x', offset: 0, if_match: first.result['etag'] })).result).toMatchObject({
        error_code: 'CONFLICT',
      })
      await call('ipfs_files_write', { path: '/f', content: '!', offset: 13 })
      expect(await read('/f')).toBe('hello WORLD\0\0!')
      await call('ipfs_files_write', { path: '/f', content: 'x', offset: 2, truncate: true })
      expect(await read('/f')).toBe('\0\0x')
      await call('ipfs_files_write', { path: '/f', content: 'y', truncate: false })
      expect(await read('/f')).toBe('y\0x')
      expect((await call('vfs_undo', { change: part.result['change'] })).result).toMatchObject({ error_code: 'CONFLICT' })
      expect((await call('vfs_undo', { path: '/mfs/f', since: '1h' })).ok).toBe(true)
      expect((await call('ipfs_files_read', { path: '/f' })).result).toMatchObject({ error_code: 'NOT_FOUND' })
    })
  })

  test('what is not there is made only where that is wanted', async () => {
    await withFiles(async ({ call, read }) => {
      expect((await call('ipfs_files_write', { path: '/f', content: 'x', create: false })).result).toMatchObject({ error_code: 'NOT_FOUND' })
      expect((await call('ipfs_files_write', { path: '/no/f', content: 'x' })).result).toMatchObject({ error_code: 'NOT_FOUND' })
      expect((await call('ipfs_files_write', { path: '/no/f', content: 'x', offset: 1 })).result).toMatchObject({ error_code: 'NOT_FOUND' })
      await call('ipfs_files_write', { path: '/made/f', content: 'x', offset: 2, parents: true })
      expect(await read('/made/f')).toBe('\0\0x')
      expect((await call('ipfs_files_write', { path: '/made', content: 'x' })).result).toMatchObject({ error_code: 'IS_DIRECTORY' })
      expect((await call('ipfs_files_write', { path: '/made', content: 'x', offset: 1 })).result).toMatchObject({ error_code: 'IS_DIRECTORY' })
      expect((await call('ipfs_files_write', { path: '/g', content: 'x', offset: 2 ** 45 })).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
      expect((await call('ipfs_files_write', { path: '/g' })).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
    })
  })

  test('content comes from any CID without being read, and moves about', async () => {
    await withFiles(async ({ call, read }) => {
      const { result } = await call('ipfs_add', { content: 'old', profile: 'unixfs-v0-2015', wrap_with_directory: true, name: 'f' })
      const root = String(result['cid'])
      const copied = await call('ipfs_files_cp', { from: `/ipfs/${root}`, to: '/tree' })
      expect(copied.result).toMatchObject({ path: '/mfs/tree', cid: root })
      await call('ipfs_files_cp', { from: `/ipfs/${root}/f`, to: '/tree/' }).then(({ result: again }) =>
        expect(again).toMatchObject({ error_code: 'ALREADY_EXISTS', context: { hint: expect.not.stringContaining('overwrite') } }),
      )
      await call('ipfs_files_cp', { from: '/tree/f', to: '/one/two/g' })
      await call('ipfs_files_mv', { from: '/one/two', to: '/mfs/three' })
      expect(await read('/three/g')).toBe('old')
      expect((await call('ipfs_files_cp', { from: 'somewhere', to: '/x' })).result).toMatchObject({ error_code: 'INVALID_PATH' })
      expect((await call('ipfs_files_cp', { from: '/ipfs/nothing', to: '/x' })).result).toMatchObject({ error_code: 'NOT_FOUND' })
      expect((await call('ipfs_files_mv', { from: '/three', to: '/three/in' })).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
      await call('vfs_undo', { change: copied.result['change'] })
      expect((await call('ipfs_files_stat', { path: '/tree' })).result).toMatchObject({ error_code: 'NOT_FOUND' })
    })
  })

  test('folders keep the format that they were given', async () => {
    await withFiles(async ({ call, read }) => {
      const made = await call('ipfs_files_mkdir', { path: '/a/b', parents: true, cid_version: 0 })
      expect(made.result).toMatchObject({ path: '/mfs/a/b', cid: EMPTY_V0 })
      expect((await call('ipfs_files_stat', { path: '/a/b' })).result).toMatchObject({ cid: EMPTY_V0 })
      expect((await call('ipfs_files_mkdir', { path: '/a/b', cid_version: 1 })).result).toMatchObject({ change: null, cid: EMPTY_V0 })
      await call('ipfs_files_write', { path: '/a/b/f', content: 'x' })
      const before = (await call('ipfs_files_flush', { path: '/a' })).result['cid']
      expect(before).toMatch(/^Qm/)
      const changed = await call('ipfs_files_chcid', { path: '/a', cid_version: 1, hash: 'sha2-512' })
      expect(changed.result).toMatchObject({ cid: expect.stringMatching(/^bafybg/) })
      expect(await read('/a/b/f')).toBe('x')
      await call('vfs_undo', { change: changed.result['change'] })
      expect((await call('ipfs_files_flush', { path: '/a' })).result).toMatchObject({ cid: before })
      expect((await call('ipfs_files_chcid', { path: '/', cid_version: 1 })).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
      expect((await call('ipfs_files_chcid', { path: '/a/b/f', cid_version: 1 })).result).toMatchObject({ error_code: 'NOT_DIRECTORY' })
      expect((await call('ipfs_files_mkdir', { path: '/a/b/f/below', parents: true, cid_version: 0 })).result).toMatchObject({ error_code: 'NOT_DIRECTORY' })
    })
  })

  test.each(['/../x', '/a//b/../..', 'a\0b', `/${'x'.repeat(300)}`, '/mfs/./x'])('the path %j is refused by every tool', async (path) => {
    await withFiles(async ({ call }) => {
      for (const tool of ['ls', 'stat', 'read', 'mkdir', 'flush', 'rm']) {
        expect((await call(`ipfs_files_${tool}`, { path })).result).toMatchObject({ error_code: 'INVALID_PATH' })
      }
      expect((await call('ipfs_files_write', { path, content: 'x' })).result).toMatchObject({ error_code: 'INVALID_PATH' })
      expect((await call('ipfs_files_chcid', { path, cid_version: 1 })).result).toMatchObject({ error_code: 'INVALID_PATH' })
      for (const tool of ['cp', 'mv']) {
        expect((await call(`ipfs_files_${tool}`, { from: path, to: '/x' })).result).toMatchObject({ error_code: 'INVALID_PATH' })
        expect((await call(`ipfs_files_${tool}`, { from: '/x', to: path })).result).toMatchObject({ error_code: 'INVALID_PATH' })
      }
    })
  })
})
