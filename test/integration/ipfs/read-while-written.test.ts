import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { PAGE } from '../../../src/layers/pages.ts'
import { text } from '../../contract/support.ts'
import { connect, type ConnectedGateway } from '../../support/gateway.ts'
import { onEngines } from '../../support/on-engines.ts'
import { call } from '../../support/vfs.ts'

const VERSIONS = Array.from({ length: 60 }, (_, i) => `version ${i}`)

/** `/cached` is the tree of `/mfs` too. What is changed by the one name, the other knows nothing of. */
const CACHED = { backends: { tree: { type: 'mfs', cache_ms: 3_600_000 } }, mounts: [{ path: '/cached', backend: 'tree' }] }

onEngines('a file of the mutable tree that is overwritten', (connectTo) => {
  test.for([
    ['/mfs', '/mfs'],
    ['/cached', '/cached'],
    ['/mfs', '/cached'],
  ] as const)('again and again by its name in %s, is read in %s as one of its versions, and never refused', async ([written, read]) => {
    await using gateway = await connectTo({ config: CACHED })
    const seen: unknown[] = []
    const writeOn = async (): Promise<void> => {
      for (const content of VERSIONS) expect((await gateway.call('vfs_write', { path: `${written}/f`, content, if_match: '*' })).ok).toBe(true)
    }
    const readOn = async (tool: string, args: Record<string, unknown>): Promise<void> => {
      for (const _ of VERSIONS) {
        const { text: told, result } = await gateway.call(tool, args)
        seen.push(result['content'] ?? told)
      }
    }
    expect((await gateway.call('vfs_write', { path: '/mfs/f', content: VERSIONS[0] })).ok).toBe(true)
    await Promise.all([writeOn(), readOn('vfs_read', { path: `${read}/f`, raw: true }), readOn('ipfs_files_read', { path: '/f' })])
    expect(seen.filter((content) => !VERSIONS.includes(String(content)))).toEqual([])
  })

  const overwriting = (gateway: ConnectedGateway) => async (content: string) =>
    expect((await gateway.call('vfs_write', { path: '/mfs/f', content })).ok).toBe(true)

  test('by another name, is read behind a cache as it is', async () => {
    await using gateway = await connectTo({ config: CACHED })
    const write = overwriting(gateway)
    await write('old')
    await gateway.call('vfs_stat', { path: '/cached/f' })
    await write('new')
    expect((await gateway.call('vfs_read', { path: '/cached/f', raw: true })).text).toBe('new')
  })

  test('by another name, is read on behind a cache as it stood when it was opened', async () => {
    await using gateway = await connectTo({ config: CACHED })
    const write = overwriting(gateway)
    await write('a'.repeat(2 * PAGE))
    const opened = await gateway.gateway.vfs.open(p('/cached/f'), call)
    expect(await text(opened.read({ length: 10 }))).toBe('a'.repeat(10))
    await write('b'.repeat(2 * PAGE))
    expect((await text(opened.read())) === 'a'.repeat(2 * PAGE)).toBe(true)
    expect(await text(opened.read({ offset: PAGE + 1, length: 10 }))).toBe('a'.repeat(10))
  })
})

test('a file behind a cache whose old content was collected is refused once, and then read as it is', async () => {
  const mounts = ['cached', 'plain'].map((name) => ({ path: `/${name}`, backend: name, versions: 'off' }))
  await using t = await connect({ config: { backends: { cached: CACHED.backends.tree, plain: { type: 'mfs' } }, mounts } })
  const write = (content: string): Promise<unknown> => t.gateway.vfs.write(p('/plain/f'), bytesOf(content), call)
  const read = async (): Promise<string> => text((await t.gateway.vfs.open(p('/cached/f'), call)).read())
  await write('a'.repeat(PAGE))
  await t.gateway.vfs.stat(p('/cached/f'), call)
  await write('b'.repeat(PAGE))
  expect((await t.gateway.collect()).freed.blocks).toBeGreaterThan(0)
  await expect(read()).rejects.toMatchObject({ code: 'OFFLINE' })
  expect((await read()) === 'b'.repeat(PAGE)).toBe(true)
})
