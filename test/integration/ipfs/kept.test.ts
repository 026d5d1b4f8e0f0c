import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { embeddedNode } from '../../../src/ipfs/embedded/index.ts'
import { cidOfContent } from '../../../src/content/hashing.ts'
import { noise, withContent } from '../../support/content.ts'
import { connect } from '../../support/gateway.ts'

const once = async (bytes: Uint8Array): Promise<string> =>
  cidOfContent(
    (async function* () {
      yield bytes
    })(),
  )

test('a version that is kept for undo is reached by no CID, until its content is added', async () => {
  const old = Buffer.concat(await Array.fromAsync(noise(100_000)))
  const cid = await once(old)
  await using client = await connect({ files: { a: old } })
  const path = `${client.work}/a`
  const { result: written } = await client.call('vfs_write', { path, content: 'new' })
  expect(written['status'], JSON.stringify(written)).toBe('success')
  for (const [tool, input] of [
    ['ipfs_cat', { cid }],
    ['ipfs_block_get', { cid }],
    ['ipfs_block_stat', { cid }],
    ['ipfs_pin_add', { cid }],
    ['ipfs_files_cp', { from: `/ipfs/${cid}`, to: '/stolen' }],
    ['ipfs_get', { cid, to: `${client.work}/stolen` }],
    ['vfs_read', { path: `/ipfs/${cid}` }],
  ] as const)
    expect((await client.call(tool, input)).result, tool).toMatchObject({ error_code: 'OFFLINE' })
  expect((await client.call('ipfs_refs_local')).result['cids']).not.toContain(cid)

  await writeFile(`${client.work}/same`, old)
  expect((await client.call('ipfs_add', { from: `${client.work}/same` })).result).toMatchObject({ cid })
  expect((await client.call('ipfs_block_stat', { cid })).result).toMatchObject({ size: old.length })
  expect((await client.call('ipfs_refs_local')).result['cids']).toContain(cid)
})

test.each([1000, 100_000])('what the node adds of content that is kept already stays shown, and undo has it still: %i bytes', async (size) => {
  await withContent(async (content, folder) => {
    const { cid } = await content.put(noise(size))
    await using node = await embeddedNode({ content, folder, network: 'off' })
    expect(await node.blocks.has(cid)).toBe(false)
    await node.add(noise(size))
    await content.put(noise(size))
    expect(await node.blocks.has(cid)).toBe(true)
    expect((await node.stat(cid)).size).toBe(size)
    expect((await content.stat(cid)).size).toBe(size)
  })
})
