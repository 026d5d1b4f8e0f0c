import { expect, test } from 'vitest'
import { connect } from '../../support/gateway.ts'

const LEAF = { Hash: { '/': 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e' }, Name: '' }
/** A file (type 2) of two parts, of 2^63 - 1 bytes each as it says. */
const HUGE = Buffer.from([8, 2, ...[32, 32].flatMap((field) => [field, ...Array<number>(8).fill(0xff), 0x7f])])
/** An empty file that was changed after the last day that there is. */
const LATE = Buffer.from([8, 2, 24, 0, 66, 10, 8, ...Array<number>(8).fill(0xff), 0x7f])

test.each([
  ['more bytes than can be counted', HUGE, [LEAF, LEAF]],
  ['a sum of blocks that cannot be counted', Buffer.from([8, 1]), [1, 2, 3].map((n) => ({ ...LEAF, Name: String(n), Tsize: Number.MAX_SAFE_INTEGER }))],
  ['a time that no calendar has', LATE, []],
])('a block that claims %s is told plainly, and gets into no tree', async (_, data, links) => {
  await using client = await connect()
  await client.call('ipfs_add', { content: 'hello world' })
  const value = { Data: { '/': { bytes: data.toString('base64').replace(/=+$/, '') } }, Links: links }
  const { result } = await client.call('ipfs_dag_put', { value, store_codec: 'dag-pb' })
  const path = `/ipfs/${String(result['cid'])}`
  for (const [tool, input] of [
    ['vfs_stat', { path }],
    ['ipfs_ls', { cid: path }],
    ['ipfs_files_cp', { from: path, to: '/poison' }],
    ['ipfs_get', { cid: path, to: `${client.work}/got` }],
  ] as const)
    expect((await client.call(tool, input)).result['error_code'], tool).not.toBe('INTERNAL')
  expect((await client.call('ipfs_files_ls', { long: true })).result['status']).toBe('success')
  expect(client.logged).toEqual([])
})
