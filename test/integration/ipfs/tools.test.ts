import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { IpfsBackend } from '../../../backends/ipfs/ipfs.ts'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { MfsBackend } from '../../../backends/mfs/mfs.ts'
import { rawCid } from '../../../src/core/cid.ts'
import type { Services } from '../../../src/registry/services.ts'
import { AddTools } from '../../../tools/ipfs_core/add.tools.ts'
import { ContentTools } from '../../../tools/ipfs_core/content.tools.ts'
import { NodeTools } from '../../../tools/ipfs_core/node.tools.ts'
import { connectTo, type Connected } from '../../support/client.ts'
import { openNode, temporaryFolder } from '../../support/content.ts'
import { partsOf, registryOf } from '../../support/toolset.ts'
import { openTestVfs, type TestVfs } from '../../support/vfs.ts'

async function withTools(run: (client: Connected, vfs: TestVfs) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  await using open = await openNode(folder.path)
  await using vfs = await openTestVfs({ '/work': new MemoryBackend(), '/ipfs': new IpfsBackend(open.node), '/mfs': new MfsBackend(open.node) })
  const services: Partial<Services> = { ipfs: open.node, vfs: vfs.vfs, notes: async () => ['a note'] }
  const registry = await registryOf({ classes: { AddTools, ContentTools, NodeTools }, services: services as Services })
  await using client = await connectTo(partsOf(registry))
  await run(client, vfs)
}

const HELLO = 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'

describe('ipfs_add', () => {
  test('adds a text, pins it by name, and says who can fetch it', async () => {
    await withTools(async (client, vfs) => {
      const { result } = await client.call('ipfs_add', { content: 'hello world', name: 'greeting' })
      expect(result).toMatchObject({ cid: HELLO, size: 11, profile: 'unixfs-v1-2025', entries: [], total: 0, change: null })
      expect(result['reachable']).toMatch(/^this machine only; .*ipfs\.network/)
      expect(await vfs.text('/ipfs/greeting')).toBe('hello world')
      expect(await vfs.text(`/ipfs/${HELLO}`)).toBe('hello world')
    })
  })

  test('adds a folder with all below it', async () => {
    await withTools(async (client, vfs) => {
      await vfs.write('/work/d/a', 'one', { parents: true })
      await vfs.write('/work/d/sub/.gitignore', 'b', { parents: true })
      await vfs.write('/work/d/sub/b', 'two')
      const { result } = await client.call('ipfs_add', { from: '/work/d', pin: false })
      expect(result).toMatchObject({ total: 4, skipped: 0 })
      expect(await vfs.text(`/ipfs/${String(result['cid'])}/sub/b`)).toBe('two')
      expect(await vfs.names('/ipfs')).toEqual([])
      const wrapped = await client.call('ipfs_add', { from: '/work/d', wrap_with_directory: true })
      expect(await vfs.text(`/ipfs/${String(wrapped.result['cid'])}/d/a`)).toBe('one')
      expect((await client.call('ipfs_add', { from: '/work/d', content: 'x' })).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
    })
  })

  test('computes a CID and stores nothing', async () => {
    await withTools(async (client) => {
      const { result } = await client.call('ipfs_add', { content_base64: Buffer.from('only a hash').toString('base64'), only_hash: true })
      expect(result).toMatchObject({ cid: rawCid(Buffer.from('only a hash')), reachable: 'nobody: nothing was stored' })
      expect((await client.call('ipfs_cat', { cid: result['cid'] })).result).toMatchObject({ error_code: 'OFFLINE' })
      expect((await client.call('ipfs_add', { content: 'x', only_hash: true, to_mfs: '/x' })).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
    })
  })

  test('gives the CIDs of 2015 if asked to', async () => {
    await withTools(async (client) => {
      const { result } = await client.call('ipfs_add', { content: 'hello world', profile: 'unixfs-v0-2015', wrap_with_directory: true })
      expect(result).toMatchObject({ cid: expect.stringMatching(/^Qm/), entries: [{ cid: 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD' }] })
    })
  })

  test('puts it into the mutable tree as a change that can be undone', async () => {
    await withTools(async (client, vfs) => {
      const { result } = await client.call('ipfs_add', { content: 'in the tree', name: 'f', wrap_with_directory: true, to_mfs: '/mfs/d' })
      expect(await vfs.text('/mfs/d/f')).toBe('in the tree')
      await vfs.vfs.undo({ change: String(result['change']) }, { actor: { client: 'test', session: 's1' } })
      expect(await vfs.names('/mfs')).toEqual([])
    })
  })
})

describe('ipfs_cat', () => {
  test('gives text piece by piece, and the bytes to a program', async () => {
    await withTools(async (client) => {
      const { result } = await client.call('ipfs_add', { content: 'hello world' })
      const first = await client.call('ipfs_cat', { cid: `/ipfs/${String(result['cid'])}`, length: 5 })
      expect(first.text).toContain('bytes 0-4 of 11')
      expect(first.text).toMatch(/\nhello\n\[more: offset=5\]$/)
      expect(first.result).toMatchObject({ size: 11, next_offset: 5, content: 'hello' })
      const rest = await client.call('ipfs_cat', { cid: result['cid'], offset: 5 })
      expect(rest.result).toMatchObject({ next_offset: null, content: ' world' })
    })
  })

  test('gives binary as base64 to a program, and never to a model', async () => {
    await withTools(async (client) => {
      const bytes = Buffer.from([0, 255, 1, 254])
      const { result } = await client.call('ipfs_add', { content_base64: bytes.toString('base64') })
      const cat = await client.call('ipfs_cat', { cid: result['cid'] })
      expect(cat.result).toMatchObject({ content_base64: bytes.toString('base64') })
      expect(cat.text).not.toContain(bytes.toString('base64'))
    })
  })

  test('refuses a folder, and what is no CID', async () => {
    await withTools(async (client) => {
      const { result } = await client.call('ipfs_add', { content: 'x', wrap_with_directory: true })
      const folder = await client.call('ipfs_cat', { cid: result['cid'] })
      expect(folder).toMatchObject({ ok: false, result: { error_code: 'IS_DIRECTORY' } })
      expect(folder.text).toContain('ipfs_ls')
      for (const cid of ['hello', '/etc/passwd', '/ipns/x', `${HELLO}//a`])
        expect((await client.call('ipfs_cat', { cid })).result).toMatchObject({ error_code: expect.stringMatching(/^(INVALID_CID|UNSUPPORTED)$/) })
    })
  })
})

test('ipfs_ls goes through a folder page by page', async () => {
  await withTools(async (client, vfs) => {
    for (const name of ['a', 'b', 'c']) await vfs.write(`/work/d/${name}`, name, { parents: true })
    const { result } = await client.call('ipfs_add', { from: '/work/d' })
    const first = await client.call('ipfs_ls', { cid: result['cid'], limit: 2 })
    expect(first.result).toMatchObject({ entries: [{ name: 'a', kind: 'file', size: 1, cid: rawCid(Buffer.from('a')) }, { name: 'b' }] })
    const cursor = first.result['next_cursor']
    const second = await client.call('ipfs_ls', { cid: result['cid'], limit: 2, cursor })
    expect(second.result).toMatchObject({ entries: [{ name: 'c' }], next_cursor: null })
    expect((await client.call('ipfs_ls', { cid: HELLO, cursor })).result).toMatchObject({ error_code: expect.any(String) })
  })
})

test('ipfs_stats counts blocks, and tells nothing that it does not count', async () => {
  await withTools(async (client) => {
    expect((await client.call('ipfs_stats')).result).toMatchObject({ repo: { objects: 0, bytes: 0, max_bytes: null } })
    await client.call('ipfs_add', { content: 'hello world' })
    await client.call('ipfs_add', { content: 'hello world' })
    await client.call('ipfs_add', { content: 'and more' })
    expect((await client.call('ipfs_stats', { kind: 'repo' })).result).toMatchObject({ repo: { objects: 2, bytes: 19 } })
    expect((await client.call('ipfs_stats', { kind: 'bitswap' })).result).toMatchObject({ bitswap: { blocks_received: null, wantlist: null } })
    expect((await client.call('ipfs_stats', { kind: 'bandwidth' })).result).toMatchObject({ bandwidth: { total_in: null } })
  })
})

test('ipfs_id and ipfs_version tell about the node', async () => {
  await withTools(async (client) => {
    expect((await client.call('ipfs_id')).result).toMatchObject({ peer: expect.stringMatching(/^12D3Koo/), addresses: [], agent: 'polymount' })
    const helia: { version: string } = JSON.parse(await readFile('node_modules/helia/package.json', 'utf8'))
    expect((await client.call('ipfs_version')).result).toMatchObject({ engine: 'embedded', version: helia.version, network: 'off', notes: ['a note'] })
  })
})
