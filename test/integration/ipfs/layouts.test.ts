import { expect, test } from 'vitest'
import { noise } from '../../support/content.ts'
import { onEngines } from '../../support/on-engines.ts'

onEngines('undo', (connect) => {
  test.each([20, 100_000, 2_000_000])('brings back a file of another layout under its own CID: %i bytes', async (size) => {
    await using client = await connect({ files: { old: Buffer.concat(await Array.fromAsync(noise(size))) } })
    const add = { from: `${client.work}/old`, profile: 'unixfs-v0-2015', pin: false, to_mfs: '/f' }
    const { result: added } = await client.call('ipfs_add', add)
    expect(added, JSON.stringify(added)).toMatchObject({ status: 'success', cid: expect.stringMatching(/^Qm/) })
    const { result: written } = await client.call('vfs_write', { path: '/mfs/f', content: 'new' })
    expect((await client.call('ipfs_files_stat', { path: '/f' })).result['cid']).not.toBe(added['cid'])
    expect((await client.call('vfs_undo', { change: written['change'] })).result, 'undo').toMatchObject({ status: 'success' })
    expect((await client.call('ipfs_files_stat', { path: '/f' })).result['cid']).toBe(added['cid'])
  })
})
