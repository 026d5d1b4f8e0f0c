import { beforeEach, describe, expect, test } from 'vitest'
import { findKubo } from '../../../scripts/servers/find.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { rootOf } from '../../contract/node/make.ts'
import { withNode } from '../../support/content.ts'
import { connect } from '../../support/gateway.ts'
import { needsKubo } from '../../support/kubo.ts'
import { lyingPeer } from '../../support/lying-peer.ts'
import { LOOPBACK } from '../../support/machine.ts'

/** More than a deadline takes on a busy machine, and less than three attempts of half a minute. */
const SOON = { timeout: 80_000 }
const LIE = Buffer.from('forged')
const WANTED = rawCid(Buffer.from('wanted'))

describe.concurrent('a peer that sends a wrong block is not believed', () => {
  beforeEach(needsKubo)

  test.each(['embedded', 'kubo'])('by %s', { timeout: 180_000 }, async (engine) => {
    await withNode(async (node) => {
      const root = await rootOf(node, [
        { path: 'honest', content: bytesOf('honest') },
        { path: 'wanted', content: bytesOf('wanted') },
      ])
      await using liar = await lyingPeer(node.blocks, WANTED, LIE)
      const peering = { ...LOOPBACK, peers: liar.addresses }
      await using client = await connect({ config: { ipfs: { engine, network: 'client', peering, kubo: { binary: await findKubo() } } } })
      expect(await client.call('ipfs_cat', { cid: `${root}/honest` })).toMatchObject({ ok: true, text: expect.stringMatching(/\nhonest$/) })
      const asked: readonly (readonly [string, Record<string, unknown>])[] = [
        ['ipfs_cat', { cid: `${root}/wanted` }],
        ['vfs_read', { path: `/ipfs/${root}/wanted` }],
        ['ipfs_block_get', { cid: WANTED }],
        ['ipfs_pin_add', { cid: root }],
        ['ipfs_get', { cid: root, to: '/local/got' }],
      ]
      const answers = await Promise.all(asked.map(([tool, args]) => client.call(tool, args, SOON)))
      const inTime = { error: expect.stringContaining('nobody delivered'), error_code: 'CONTENT_NOT_FOUND_IN_TIME', context: { retryable: true } }
      for (const { result } of answers) expect(result).toMatchObject(inTime)
      expect(liar.asked).toContain(WANTED)
      const { result } = await client.call('ipfs_refs_local', { limit: 1000 })
      expect(result['cids']).toContain(rawCid(Buffer.from('honest')))
      for (const cid of [WANTED, rawCid(LIE)]) expect(result['cids']).not.toContain(cid)
      expect((await client.call('ipfs_pin_ls')).result['pins']).not.toContainEqual(expect.objectContaining({ cid: root }))
      expect((await client.call('vfs_stat', { path: '/local/got' })).result).toMatchObject({ error_code: 'NOT_FOUND' })
    })
  })
})
